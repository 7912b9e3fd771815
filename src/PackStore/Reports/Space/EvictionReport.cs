namespace PackStore;

/// <summary>What an eviction did, or in a dry run would do.</summary>
public sealed class EvictionReport
{
    /// <summary>Artifacts taken out.</summary>
    public long Artifacts { get; internal init; }

    /// <summary>Those of them that were too old.</summary>
    public long AgedArtifacts { get; internal init; }

    /// <summary>Live bytes they had: records and loose files. Compaction gives the space of records back to the
    /// disk.</summary>
    public long Bytes { get; internal init; }

    /// <summary>Those of them that loose files had. They come back with the next flush.</summary>
    public long LooseBytes { get; internal init; }

    /// <summary>Artifacts that would have gone, and are pinned.</summary>
    public long Pinned { get; internal init; }

    /// <summary>Live bytes before.</summary>
    public long LiveBytesBefore { get; internal init; }

    /// <summary>Live bytes after; in a dry run as they would be.</summary>
    public long LiveBytesAfter { get; internal init; }

    /// <summary>The most recent hour in which a victim was last used; null if there was none.</summary>
    public DateTimeOffset? NewestVictim { get; internal init; }

    /// <summary>Whether every limit is kept now: pins may stand against it.</summary>
    public bool IsTargetMet { get; internal init; }

    /// <summary>Whether nothing was changed.</summary>
    public bool IsDryRun { get; internal init; }
}
