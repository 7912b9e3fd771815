namespace PackStore;

/// <summary>How an artifact came into the store.</summary>
public enum ArtifactProvenance
{
    /// <summary>Put through the API.</summary>
    Put = 0,

    /// <summary>Migrated from a legacy layout whose digests were checked.</summary>
    DigestChecked = 1,

    /// <summary>Migrated from a legacy layout that records lengths only.</summary>
    SizeChecked = 2,
}
