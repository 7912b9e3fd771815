namespace PackStore.Compaction;

/// <summary>What a job has done so far, or would have done.</summary>
internal sealed class CompactionTally
{
    public long RemovedBytes { get; set; }

    public long WrittenBytes { get; set; }

    public int RemovedSegments { get; set; }

    public int WrittenSegments { get; set; }

    public long Records { get; set; }

    public long KeptTombstones { get; set; }

    public long DroppedTombstones { get; set; }

    public int Skipped { get; set; }

    public long LiveBytesLost { get; set; }

    public List<VerifyFinding> Damage { get; } = [];
}
