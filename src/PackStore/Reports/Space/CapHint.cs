namespace PackStore;

/// <summary>What a cap would mean for the artifacts that are in the store now.</summary>
/// <remarks>An estimate from one number an artifact, the hour of its last use. What an artifact's earlier uses were is
/// not known, nor what was evicted long ago: the share is that of the latest uses, each artifact counting
/// once.</remarks>
public sealed class CapHint
{
    internal CapHint(long maxBytes, double keptUses, TimeSpan age)
    {
        MaxBytes = maxBytes;
        KeptUses = keptUses;
        Age = age;
    }

    /// <summary>The cap.</summary>
    public long MaxBytes { get; }

    /// <summary>Share of the artifacts, 0 to 1, that it would have kept until their latest use: those that are in the
    /// store and were used most recently.</summary>
    public double KeptUses { get; }

    /// <summary>How long ago the least recently used of them was used.</summary>
    public TimeSpan Age { get; }
}
