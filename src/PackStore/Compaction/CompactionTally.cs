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

    public long RecompressedRecords { get; private set; }

    public long RecompressedBytesBefore { get; private set; }

    public long RecompressedBytesAfter { get; private set; }

    /// <summary>In a plan: how much longer records become by what goes in and out of segments.</summary>
    public long LiveGrowth { get; set; }

    public long FoldedInFiles { get; set; }

    public long FoldedInBytes { get; set; }

    public long FoldedOutFiles { get; set; }

    public long FoldedOutBytes { get; set; }

    /// <summary>Bytes of loose files that went because segments have their payloads now.</summary>
    public long RemovedLooseBytes { get; set; }

    /// <summary>Bytes of the payloads of one record that were compressed, before and after.</summary>
    public void NoteRecompressed(long before, long after)
    {
        RecompressedRecords++;
        RecompressedBytesBefore += before;
        RecompressedBytesAfter += after;
    }

    public List<VerifyFinding> Damage { get; } = [];
}
