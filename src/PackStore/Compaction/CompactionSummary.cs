namespace PackStore.Compaction;

/// <summary>Turns what a job has counted into what a caller is told.</summary>
internal static class CompactionSummary
{
    /// <summary>What a store would hold after a job that was only planned.</summary>
    public static CompactionTotals Planned(
        CompactionTotals before, EvictionReport? eviction, CompactionTally tally)
    {
        long freed = tally.RemovedBytes - tally.WrittenBytes;
        long evicted = eviction?.Bytes ?? 0;
        long evictedLoose = eviction?.LooseBytes ?? 0;
        long folded = tally.FoldedOutBytes - tally.FoldedInBytes;
        long live = before.LiveBytes - evicted + folded + tally.LiveGrowth;
        long loose = before.LooseBytes - evictedLoose + folded;
        long segments = before.SegmentBytes - freed;
        return new CompactionTotals
        {
            Artifacts = before.Artifacts - (eviction?.Artifacts ?? 0),
            Segments = before.Segments - tally.RemovedSegments + tally.WrittenSegments,
            SegmentBytes = segments,
            LiveBytes = live,
            DeadBytes = segments - (live - loose),
            LooseBytes = loose,
        };
    }

    /// <summary>The report.</summary>
    public static CompactionReport Of(
        CompactionOptions options, CompactionTotals before, CompactionTotals after, EvictionReport? eviction,
        CompactionTally tally, LooseSweeper swept) => new(before, after)
        {
            Eviction = eviction,
            FreedBytes = tally.RemovedBytes - tally.WrittenBytes + (eviction?.LooseBytes ?? 0) + swept.Bytes
                + tally.RemovedLooseBytes - tally.FoldedOutBytes,
            SweptFiles = swept.Files,
            SweptBytes = swept.Bytes,
            WrittenBytes = tally.WrittenBytes,
            RemovedSegments = tally.RemovedSegments,
            WrittenSegments = tally.WrittenSegments,
            RelocatedRecords = tally.Records,
            RecompressedRecords = tally.RecompressedRecords,
            RecompressedBytesBefore = tally.RecompressedBytesBefore,
            RecompressedBytesAfter = tally.RecompressedBytesAfter,
            FoldedInFiles = tally.FoldedInFiles,
            FoldedInBytes = tally.FoldedInBytes,
            FoldedOutFiles = tally.FoldedOutFiles,
            FoldedOutBytes = tally.FoldedOutBytes,
            IsUpperBound = options.DryRun && tally.RecompressedRecords > 0,
            KeptTombstones = tally.KeptTombstones,
            DroppedTombstones = tally.DroppedTombstones,
            SkippedSegments = tally.Skipped,
            Damage = tally.Damage,
        };
}
