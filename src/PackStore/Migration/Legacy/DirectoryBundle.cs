namespace PackStore.Migration.Legacy;

/// <summary>An output that is a directory, as its payload holds it.</summary>
/// <remarks>File bytes are slices of the payload that was read. Modes are native and may hold the file type.</remarks>
internal sealed record DirectoryBundle
{
    /// <summary>What the name of such an output begins with; the directory's base name follows.</summary>
    public const string NamePrefix = "@zccache-directory-v1:";

    /// <summary>Mode of the directory itself.</summary>
    public required uint RootMode { get; init; }

    /// <summary>Modification time of the directory itself.</summary>
    public required DirectoryBundleTime RootModified { get; init; }

    /// <summary>Files and directories, a directory before what is in it.</summary>
    public required IReadOnlyList<DirectoryBundleEntry> Entries { get; init; }

    /// <summary>Whether an output's name says that its payload is a bundle.</summary>
    public static bool IsName(ReadOnlySpan<char> outputName) =>
        outputName.StartsWith(NamePrefix, StringComparison.Ordinal);
}

/// <summary>A file or directory in a bundle.</summary>
/// <param name="Path">Relative, forward slashes; every component is a plain name.</param>
/// <param name="IsFile">Else a directory.</param>
/// <param name="Data">The file's bytes; empty for a directory.</param>
/// <param name="Mode">Native mode bits.</param>
/// <param name="Modified">Modification time.</param>
internal readonly record struct DirectoryBundleEntry(
    string Path, bool IsFile, ReadOnlyMemory<byte> Data, uint Mode, DirectoryBundleTime Modified);

/// <summary>A time since 1970.</summary>
/// <param name="Seconds">Whole seconds; anything up to 2^64-1.</param>
/// <param name="Nanoseconds">And below 10^9 nanoseconds.</param>
internal readonly record struct DirectoryBundleTime(ulong Seconds, uint Nanoseconds);
