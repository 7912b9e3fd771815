namespace PackStore.Storage.Foreign;

/// <summary>What became of one look at a foreign name.</summary>
internal enum ForeignStatus
{
    /// <summary>It worked.</summary>
    Ok,

    /// <summary>The name is not there, or is none.</summary>
    Absent,

    /// <summary>It is there and something else: a link, a pipe, a directory where a file was wanted.</summary>
    WrongKind,

    /// <summary>Somebody holds the lock, or the directory is not empty.</summary>
    Busy,

    /// <summary>This process may not, or the device failed.</summary>
    Failed,
}

/// <summary>What stands behind a name.</summary>
internal enum ForeignKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A link, a pipe, a socket, a device.</summary>
    Other,
}

/// <summary>What is known of a name without opening it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="ModifiedUnixMs">Modification time, milliseconds since 1970.</param>
/// <param name="Links">Names of the same file.</param>
internal readonly record struct ForeignFacts(ForeignKind Kind, long Length, long ModifiedUnixMs, uint Links);
