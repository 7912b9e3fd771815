namespace PackStore;

/// <summary>Counts and sizes of a store at one moment.</summary>
public sealed class StoreStats
{
    /// <summary>Artifacts that can be hit.</summary>
    public long Artifacts { get; internal init; }

    /// <summary>Their payloads, streams not counted.</summary>
    public long Payloads { get; internal init; }

    /// <summary>Bytes of live records with their padding, and of live loose files.</summary>
    public long LiveBytes { get; internal init; }

    /// <summary>Bytes of superseded records, tombstones and abandoned space in segments.</summary>
    public long DeadBytes { get; internal init; }

    /// <summary>Bytes set aside in the active segment for records to come, and slack behind sealed ones.</summary>
    public long ReservedBytes { get; internal init; }

    /// <summary>Files of the loose tier that belong to live artifacts.</summary>
    public long LooseFiles { get; internal init; }

    /// <summary>Their bytes.</summary>
    public long LooseBytes { get; internal init; }

    /// <summary>Files of the loose tier that no live artifact names: superseded ones that go with the next flush, those
    /// of puts under way, and what a crash left.</summary>
    public long OrphanedLooseFiles { get; internal init; }

    /// <summary>Their bytes.</summary>
    public long OrphanedLooseBytes { get; internal init; }

    /// <summary>Allocated bytes in <c>quarantine/</c>.</summary>
    public long QuarantineBytes { get; internal init; }

    /// <summary>Allocated bytes of everything under the store's directory, as <c>du -sB1</c> counts them.</summary>
    public long DiskBytes { get; internal init; }

    /// <summary>Bytes of the index files on disk.</summary>
    public long IndexBytes { get; internal init; }

    /// <summary>Number of segments.</summary>
    public int Segments { get; internal init; }

    /// <summary>Segments whose header is damaged; a repair writes them anew.</summary>
    public int DamagedHeaders { get; internal init; }

    /// <summary>Size of a new segment in bytes.</summary>
    public long SegmentSizeBytes { get; internal init; }

    /// <summary>Share of the index's slots in use, 0 to 1.</summary>
    public double IndexLoad { get; internal init; }

    /// <summary>What every byte of <see cref="DiskBytes"/> is for: the shares add up to it.</summary>
    public IReadOnlyList<SpaceShare> Space { get; internal init; } = [];

    /// <summary>How each segment is used, in the order of their numbers.</summary>
    public IReadOnlyList<SegmentUse> SegmentUses { get; internal init; } = [];

    /// <summary>How many artifacts were last used less than 1 hour, 1 day, 7 days, 30 days ago, and earlier.</summary>
    public IReadOnlyList<AgeBucket> Ages { get; internal init; } = [];
}
