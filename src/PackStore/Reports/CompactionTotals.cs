namespace PackStore;

/// <summary>What a store holds before or after a compaction.</summary>
public sealed class CompactionTotals
{
    internal CompactionTotals()
    {
    }

    /// <summary>Artifacts that can be hit.</summary>
    public long Artifacts { get; internal init; }

    /// <summary>Number of segments.</summary>
    public int Segments { get; internal init; }

    /// <summary>Length of their files in bytes, with what is reserved in them.</summary>
    public long SegmentBytes { get; internal init; }

    /// <summary>Bytes of live records, and of live loose files.</summary>
    public long LiveBytes { get; internal init; }

    /// <summary>Bytes in segments that are not of live records: dead records, directories, slack.</summary>
    public long DeadBytes { get; internal init; }

    /// <summary>Bytes of live loose files.</summary>
    public long LooseBytes { get; internal init; }
}
