namespace PackStore;

/// <summary>How a payload's bytes are stored.</summary>
public enum PayloadEncoding
{
    /// <summary>As they are: a hit is zero-copy. The default.</summary>
    Raw = 0,

    /// <summary>Compressed as one zstd frame where that saves an eighth or more, else raw: a hit is decoded into a
    /// pooled buffer.</summary>
    Zstd = 1,
}
