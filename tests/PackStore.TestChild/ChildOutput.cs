namespace PackStore.TestChild;

/// <summary>Lines for the parent: written at once, so that what was said stands when this process is killed.</summary>
internal static class ChildOutput
{
    public static void Say(string text)
    {
        Console.Out.WriteLine(text);
        Console.Out.Flush();
    }
}
