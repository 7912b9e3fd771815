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

    /// <summary>The zstd level, 1 to 19, at which raw payloads of 32 KiB or more are compressed that were not used
    /// lately; <see langword="null"/>, the default, for none. A payload stays raw if that would not save an eighth of
    /// it. Segments are then rewritten for the sake of it, too, where it makes them an eighth smaller. A hit on what is
    /// compressed decodes it into memory.</summary>
    public int? RecompressLevel { get; init; }

    /// <summary>For how long an artifact must not have been used for its payloads to be compressed, counted in whole
    /// hours. A day by default.</summary>
    public TimeSpan RecompressUnusedFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether payloads of records that are copied move between segments and loose files: those of at least
    /// <see cref="PackStoreOptions.LooseThresholdBytes"/> out of segments, those of less than half of it into them.
    /// True by default. Files adopted as hard links stay.</summary>
    public bool FoldLoose { get; init; } = true;

    /// <summary>What is to be evicted first; nothing by default. In a dry run the plan counts it as gone if the store
    /// was opened read-only.</summary>
    public EvictionOptions? Eviction { get; init; }

    /// <summary>Whether to say only what would be done: nothing is changed.</summary>
    public bool DryRun { get; init; }
}
