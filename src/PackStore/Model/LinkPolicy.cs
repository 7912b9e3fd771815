namespace PackStore;

/// <summary>How a delivered file gets its bytes.</summary>
public enum LinkPolicy
{
    /// <summary>A reflink where the file system can, else an in-kernel copy. Never shares an inode. The
    /// default.</summary>
    Auto = 0,

    /// <summary>A reflink or <see cref="IOException"/>.</summary>
    Reflink = 1,

    /// <summary>A hard link to a loose payload's file, which is and stays read-only; for a payload in a segment, a
    /// copy.</summary>
    HardLink = 2,

    /// <summary>Always bytes of its own.</summary>
    Copy = 3,
}
