namespace PackStore;

/// <summary>How deep a verification reads. Each level includes the one before it.</summary>
public enum VerifyLevel
{
    /// <summary>Every byte: payload checksums, loose files. The default.</summary>
    Full = 0,

    /// <summary>Headers and metadata of every record; payload bytes are not read.</summary>
    Headers = 1,

    /// <summary>Identity, checkpoint, segment headers and footers, the index against them.</summary>
    Index = 2,
}
