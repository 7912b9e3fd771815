namespace PackStore;

/// <summary>What kind of damage was found.</summary>
public enum VerifyFindingKind
{
    /// <summary>One copy, or both, of the identity file is wrong.</summary>
    Identity = 0,

    /// <summary>The checkpoint is wrong.</summary>
    Checkpoint = 1,

    /// <summary>A segment is absent, shorter than it must be, or has a wrong header.</summary>
    Segment = 2,

    /// <summary>A record's header is wrong, or bytes between records are no record.</summary>
    Header = 3,

    /// <summary>A record's payload table or metadata is wrong.</summary>
    Metadata = 4,

    /// <summary>A payload's bytes do not have their checksum.</summary>
    Payload = 5,

    /// <summary>A directory block or footer is wrong.</summary>
    Directory = 6,

    /// <summary>A loose file is absent, has another length, or wrong bytes.</summary>
    Loose = 7,
}
