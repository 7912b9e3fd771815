namespace PackStore;

/// <summary>How to compact a store.</summary>
public sealed class CompactionOptions
{
    /// <summary>Segments are rewritten if that gains at least this share of their bytes, 0 to 1. 0.2 by default: what
    /// is left then takes at most 1.25 times the live bytes, and a segment.</summary>
    public double DeadRatio { get; init; } = 0.2;

    /// <summary>The most bytes to read and write a second together; <see langword="null"/>, the default, for no
    /// limit.</summary>
    public long? MaxBytesPerSecond { get; init; }

    /// <summary>What is to be evicted first; nothing by default. In a dry run the plan counts it as gone if the store
    /// was opened read-only.</summary>
    public EvictionOptions? Eviction { get; init; }

    /// <summary>Whether to say only what would be done: nothing is changed.</summary>
    public bool DryRun { get; init; }
}
