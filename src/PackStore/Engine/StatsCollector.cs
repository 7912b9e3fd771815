using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>Explains every byte of a store.</summary>
internal static class StatsCollector
{
    private static readonly TimeSpan[] s_bars =
        [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.MaxValue];

    /// <summary>Collects everything now.</summary>
    public static StoreStats Collect(StoreEngine engine)
    {
        engine.Recovery.Wait(CancellationToken.None);
        long disk = DiskUsage(engine.Core.Directory);
        // Index and segments stay mapped meanwhile, also if the store is closed by another thread.
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            return CollectInside(engine, disk);
        }
        finally
        {
            slot.Leave(token);
        }
    }

    private static StoreStats CollectInside(StoreEngine engine, long disk)
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
        long live = segments.Sum(s => s.LiveBytes);
        long committed = segments.Sum(s => s.CommittedEnd - SegmentHeaderLayout.Size);
        long lengths = core.Directory.List(StoreFileNames.Segments).Sum(e => e.Length);
        return new StoreStats
        {
            Artifacts = counters.Artifacts,
            Payloads = counters.Payloads,
            LiveBytes = live + counters.LooseBytes,
            DeadBytes = Math.Max(0, committed - live),
            ReservedBytes = Math.Max(0, lengths - committed - (segments.Count * (long)SegmentHeaderLayout.Size)),
            LooseFiles = counters.LooseFiles,
            LooseBytes = counters.LooseBytes,
            DiskBytes = disk,
            IndexBytes = core.Directory.List(StoreFileNames.Index).Sum(e => e.AllocatedBytes),
            Segments = segments.Count,
            SegmentSizeBytes = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes,
            IndexLoad = (double)state.Table.Entries / ((state.Table.BucketCount + state.Table.OverflowCount) * 7L),
            Ages = CollectAges(core, state.Table),
        };
    }

    /// <summary>Allocated bytes of all files and directories, hard links of one inode counted once as far as the store
    /// makes any: it makes none.</summary>
    private static long DiskUsage(IStoreDirectory directory)
    {
        long total = directory.AllocatedBytes("");
        foreach (StoreEntry entry in directory.List(""))
        {
            total += entry.AllocatedBytes + (entry.IsDirectory ? DiskUsage(directory, entry.Name) : 0);
        }

        return total;
    }

    private static long DiskUsage(IStoreDirectory directory, string name)
    {
        long total = 0;
        foreach (StoreEntry entry in directory.List(name))
        {
            total += entry.AllocatedBytes + (entry.IsDirectory ? DiskUsage(directory, $"{name}/{entry.Name}") : 0);
        }

        return total;
    }

    private static AgeBucket[] CollectAges(StoreCore core, IndexTable table)
    {
        long[] counts = new long[s_bars.Length];
        foreach ((_, ushort hour) in table.Enumerate())
        {
            TimeSpan age = TimeSpan.FromHours(Math.Max(0, core.Hour - hour));
            counts[Array.FindIndex(s_bars, bar => age < bar)]++;
        }

        return [.. s_bars.Select((bar, i) => new AgeBucket(bar, counts[i]))];
    }
}
