namespace PackStore;

/// <summary>What <see cref="ArtifactStore.EvictAsync"/> is to reach. What is not given here is taken from the options
/// the store was opened with; what neither has is no limit.</summary>
public sealed class EvictionOptions
{
    /// <summary>The live bytes afterwards are at most this many, as far as pins allow.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Nothing is left that was not used for longer than this, counted in whole hours.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>So much is evicted that compaction can make this many bytes free on the disk.</summary>
    public long? MinFreeBytes { get; init; }

    /// <summary>Chooses and counts, and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Is told of every victim before it goes, on the thread that evicts. Its key has to be read from its
    /// record then, which an eviction otherwise does not look at.</summary>
    public Action<EvictedArtifact>? OnVictim { get; init; }
}
