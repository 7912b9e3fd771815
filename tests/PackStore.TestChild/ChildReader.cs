using static PackStore.TestChild.ChildOutput;

namespace PackStore.TestChild;

/// <summary>
/// Attaches read-only and answers lookups: a line <c>key</c> on standard input is answered by the version of the first
/// lookup, 0 for a miss,
/// or by what was wrong.
/// </summary>
internal static class ChildReader
{
    public static int Run(string directory)
    {
        using ArtifactStore store = ArtifactStore.OpenReadOnly(directory);
        Say("attached");
        while (Console.In.ReadLine() is { Length: > 0 } line)
        {
            try
            {
                Say($"{SampleArtifact.VersionOf(store, int.Parse(line))}");
            }
            catch (InvalidDataException e)
            {
                Say(e.Message);
            }
        }

        return 0;
    }
}
