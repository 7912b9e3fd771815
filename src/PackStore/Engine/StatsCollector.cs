using PackStore.Engine.Space;
using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>Explains every byte of a store.</summary>
internal static class StatsCollector
{
    /// <summary>Collects everything now.</summary>
    public static StoreStats Collect(StoreEngine engine)
    {
        engine.Recovery.Wait(CancellationToken.None);
        SpaceWalk walk = new(engine.Core.Directory);
        // Index and segments stay mapped meanwhile, also if the store is closed by another thread.
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            return CollectInside(engine, walk);
        }
        finally
        {
            slot.Leave(token);
        }
    }

    private static StoreStats CollectInside(StoreEngine engine, SpaceWalk walk)
    {
        StoreCore core = engine.Core;
        engine.Follower?.Follow();
        if (!core.Accounting.IsExact || core.IsReadOnly)
        {
            // A read-only process follows records without keeping counts, so it counts when asked.
            LiveRecount.Run(core, CancellationToken.None);
        }

        StoreState state = core.State;
        StoreCounters counters = core.Accounting.Counters;
        List<Segment> segments = [.. state.Segments.All];
        Dictionary<int, long> lengths = LengthsOf(core);
        SegmentUse[] uses = [.. segments.Select(s => UseOf(s, lengths.GetValueOrDefault(s.Id)))];
        return new StoreStats
        {
            Artifacts = counters.Artifacts,
            Payloads = counters.Payloads,
            LiveBytes = uses.Sum(static u => u.LiveBytes) + counters.LooseBytes,
            DeadBytes = uses.Sum(static u => u.DeadBytes),
            ReservedBytes = uses.Sum(static u => u.ReservedBytes),
            LooseFiles = counters.LooseFiles,
            LooseBytes = counters.LooseBytes,
            OrphanedLooseFiles = walk.LooseFiles - counters.LooseFiles,
            OrphanedLooseBytes = walk.LooseLengths - counters.LooseBytes,
            QuarantineBytes = walk.BytesOf(StoreFileNames.Quarantine),
            DiskBytes = walk.DiskBytes,
            IndexBytes = walk.BytesOf(StoreFileNames.Index),
            Segments = segments.Count,
            DamagedHeaders = segments.Count(s => IsHeaderDamaged(core.Directory, s)),
            SegmentSizeBytes = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes,
            IndexLoad = (double)state.Table.Entries / ((state.Table.BucketCount + state.Table.OverflowCount) * 7L),
            Ages = CollectAges(core, state.Table),
            Space = walk.Shares(counters, segments),
            SegmentUses = uses,
        };
    }

    /// <summary>Reads the header again: a segment is opened at its first use, and most are not open.</summary>
    private static bool IsHeaderDamaged(IStoreDirectory directory, Segment segment)
    {
        try
        {
            using IStoreFile? file = directory.TryOpen(segment.Name, writable: false);
            return file is not null
                && SegmentFront.ReadHeader(file, out _, out bool isDamaged) is null && isDamaged;
        }
        catch (IOException)
        {
            // That it cannot be read does not say that it is damaged; verify tells of it.
            return false;
        }
    }

    private static Dictionary<int, long> LengthsOf(StoreCore core)
    {
        Dictionary<int, long> lengths = [];
        foreach (StoreEntry entry in core.Directory.List(StoreFileNames.Segments))
        {
            if (StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                lengths[id] = entry.Length;
            }
        }

        return lengths;
    }

    private static SegmentUse UseOf(Segment segment, long length)
    {
        long end = segment.CommittedEnd;
        long live = segment.LiveBytes;
        return new SegmentUse(
            segment.Id, segment.IsSealed, live, Math.Max(0, end - SegmentHeaderLayout.Size - live),
            Math.Max(0, length - end));
    }

    private static AgeBucket[] CollectAges(StoreCore core, IndexTable table)
    {
        HourCounts counts = new();
        IndexScan.Run(table, ref counts, CancellationToken.None);
        return AgeBars.Of(core.Hour, counts.ByHour, new long[HourCounts.Hours]);
    }
}
