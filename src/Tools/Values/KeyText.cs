namespace PackStore.Tools.Values;

/// <summary>Keys on the command line.</summary>
internal static class KeyText
{
    /// <summary>Reads a key or ends the run with a usage error.</summary>
    public static ArtifactKey Parse(string text) => ArtifactKey.TryParse(text, out ArtifactKey key)
        ? key
        : throw ToolException.Usage(
            $"'{Printable.Escape(text)}' is not a key: 2 to 128 hexadecimal digits, an even number of them.");
}
