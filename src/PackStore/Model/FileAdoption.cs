namespace PackStore;

/// <summary>How a file becomes a payload.</summary>
public enum FileAdoption
{
    /// <summary>Below the loose threshold its bytes go into a segment; from there on a reflink, else a copy, goes to
    /// the loose tier. The default.</summary>
    Auto = 0,

    /// <summary>Loose whatever its length: a reflink where the file system can, else a copy. A compaction may take a
    /// short one into a segment, see <see cref="CompactionOptions.FoldLoose"/>.</summary>
    Reflink = 1,

    /// <summary>Always loose: a hard link where possible, else a copy. The bytes stay shared with whoever writes the
    /// original, so such a payload is read and checked anew on each hit and never mapped.</summary>
    HardLink = 2,

    /// <summary>Loose whatever its length, always a copy; else as <see cref="Reflink"/>.</summary>
    Copy = 3,
}
