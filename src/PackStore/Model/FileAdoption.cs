namespace PackStore;

/// <summary>How a file becomes a payload.</summary>
public enum FileAdoption
{
    /// <summary>Below the loose threshold its bytes go into a segment; from there on a reflink, else a copy, goes to
    /// the loose tier. The default.</summary>
    Auto = 0,

    /// <summary>Always loose: a reflink where the file system can, else a copy.</summary>
    Reflink = 1,

    /// <summary>Always loose: a hard link where possible, else a copy. The bytes stay shared with whoever writes the
    /// original, so such a payload is read and checked anew on each hit and never mapped.</summary>
    HardLink = 2,

    /// <summary>Always loose, always a copy.</summary>
    Copy = 3,
}
