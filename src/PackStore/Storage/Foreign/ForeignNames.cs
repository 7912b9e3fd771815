namespace PackStore.Storage.Foreign;

/// <summary>Which names can be single components of a path.</summary>
internal static class ForeignNames
{
    /// <summary>The longest name of a file system that is known, in bytes.</summary>
    public const int MaxBytes = 255;

    /// <summary>Whether a name stays inside the directory it is looked up in.</summary>
    public static bool IsComponent(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxBytes && name is not ("." or "..")
        && !name.ContainsAny('/', '\0', Path.DirectorySeparatorChar) && !name.Contains(Path.VolumeSeparatorChar);

    /// <summary>The same for a name in UTF-8.</summary>
    public static bool IsComponent(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxBytes && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)
        && !name.ContainsAny((byte)'/', (byte)0, (byte)Path.DirectorySeparatorChar)
        && !name.Contains((byte)Path.VolumeSeparatorChar);
}
