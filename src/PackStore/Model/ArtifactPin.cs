namespace PackStore;

/// <summary>Keeps one artifact from being evicted, for an owner.</summary>
public sealed class ArtifactPin
{
    internal ArtifactPin(ArtifactKey key, string owner, DateTimeOffset? expiresAt)
    {
        Key = key;
        Owner = owner;
        ExpiresAt = expiresAt;
    }

    /// <summary>What is pinned; it need not be there.</summary>
    public ArtifactKey Key { get; }

    /// <summary>Who pinned it.</summary>
    public string Owner { get; }

    /// <summary>When it ends by itself; <see langword="null"/> for never.</summary>
    public DateTimeOffset? ExpiresAt { get; }
}
