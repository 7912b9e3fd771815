namespace PackStore;

/// <summary>What a compaction did, or in a dry run would do.</summary>
public sealed class CompactionReport
{
    internal CompactionReport(CompactionTotals before, CompactionTotals after)
    {
        Before = before;
        After = after;
    }

    /// <summary>The eviction before it; null if none was asked for.</summary>
    public EvictionReport? Eviction { get; internal init; }

    /// <summary>Before it.</summary>
    public CompactionTotals Before { get; }

    /// <summary>After it.</summary>
    public CompactionTotals After { get; }

    /// <summary>Bytes of files that are gone, evicted and swept loose files among them, less those of files written in
    /// their place.</summary>
    public long FreedBytes { get; internal init; }

    /// <summary>Bytes of the segments that were written.</summary>
    public long WrittenBytes { get; internal init; }

    /// <summary>Segments that were removed.</summary>
    public int RemovedSegments { get; internal init; }

    /// <summary>Segments that were written.</summary>
    public int WrittenSegments { get; internal init; }

    /// <summary>Live records that were copied.</summary>
    public long RelocatedRecords { get; internal init; }

    /// <summary>Records of which payloads were compressed; in a dry run those of which some may be.</summary>
    public long RecompressedRecords { get; internal init; }

    /// <summary>Bytes of those payloads before.</summary>
    public long RecompressedBytesBefore { get; internal init; }

    /// <summary>Bytes of those payloads after; in a dry run as many as before.</summary>
    public long RecompressedBytesAfter { get; internal init; }

    /// <summary>Loose files whose payloads went into segments.</summary>
    public long FoldedInFiles { get; internal init; }

    /// <summary>Their bytes.</summary>
    public long FoldedInBytes { get; internal init; }

    /// <summary>Payloads that went out of segments into loose files.</summary>
    public long FoldedOutFiles { get; internal init; }

    /// <summary>Their bytes.</summary>
    public long FoldedOutBytes { get; internal init; }

    /// <summary>Whether this is a plan with payloads to compress, of which nobody has tried how much smaller they
    /// become: then what is written, and what there is afterwards, is the most it can be, and what is freed the
    /// least.</summary>
    public bool IsUpperBound { get; internal init; }

    /// <summary>Tombstones that were kept, and those that were not needed any more.</summary>
    public long KeptTombstones { get; internal init; }

    /// <summary>Tombstones that were not needed any more.</summary>
    public long DroppedTombstones { get; internal init; }

    /// <summary>Files that a stopped process has left and that no artifact names: loose files, and unfinished
    /// ones.</summary>
    public long SweptFiles { get; internal init; }

    /// <summary>Their lengths.</summary>
    public long SweptBytes { get; internal init; }

    /// <summary>Segments that were left as they are: they could not be read, or there was no room for what is live in
    /// them.</summary>
    public int SkippedSegments { get; internal init; }

    /// <summary>Damage that was met. What is damaged is not copied; its segment is in <c>quarantine/</c>.</summary>
    public IReadOnlyList<VerifyFinding> Damage { get; internal init; } = [];

    /// <summary>Bytes written and freed for each byte freed: how often a byte that takes the freed place has been
    /// written in the end. 0 if nothing was freed.</summary>
    public double WriteAmplification => FreedBytes > 0 ? (double)(WrittenBytes + FreedBytes) / FreedBytes : 0;
}
