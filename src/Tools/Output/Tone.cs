namespace PackStore.Tools.Output;

/// <summary>What a piece of text wants to say by its colour, where there are colours.</summary>
internal enum Tone
{
    Plain,
    Title,
    Dim,
    Good,
    Warning,
    Bad,
}
