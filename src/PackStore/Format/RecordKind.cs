namespace PackStore.Format;

/// <summary>What a record is. Zero is never valid, so that unwritten space is no record.</summary>
internal enum RecordKind : byte
{
    None = 0,

    /// <summary>A whole artifact.</summary>
    Artifact = 1,

    /// <summary>Removes its key's older records.</summary>
    Tombstone = 2,

    /// <summary>Lists the records before it (see <see cref="DirectoryBlock"/>); the last one of a segment is its
    /// footer.</summary>
    Directory = 3,

    /// <summary>Fills space so that the next record starts where its payloads align.</summary>
    Padding = 4,
}
