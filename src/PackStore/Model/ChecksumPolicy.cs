namespace PackStore;

/// <summary>When payload checksums are verified on a hit. A failed check is always a miss.</summary>
public enum ChecksumPolicy
{
    /// <summary>The first time this process touches an artifact. The default.</summary>
    FirstTouch = 0,

    /// <summary>On every hit.</summary>
    Always = 1,

    /// <summary>Never; only header, table and metadata are checked. <c>verify</c> still reads everything.</summary>
    Never = 2,
}
