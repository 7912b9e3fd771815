namespace PackStore;

/// <summary>One artifact that an eviction takes out, or in a dry run would.</summary>
public sealed class EvictedArtifact
{
    internal EvictedArtifact(ArtifactKey key, DateTimeOffset lastUsed, long bytes, EvictionReason reason)
    {
        Key = key;
        LastUsed = lastUsed;
        Bytes = bytes;
        Reason = reason;
    }

    /// <summary>Its key.</summary>
    public ArtifactKey Key { get; }

    /// <summary>The hour it was last used.</summary>
    public DateTimeOffset LastUsed { get; }

    /// <summary>Its share of the live bytes: record and loose files.</summary>
    public long Bytes { get; }

    /// <summary>Why.</summary>
    public EvictionReason Reason { get; }
}
