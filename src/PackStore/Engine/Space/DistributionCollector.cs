using System.Numerics;
using PackStore.Index;

namespace PackStore.Engine.Space;

/// <summary>
/// Distributes the artifacts over sizes and hours: lengths come from the directory blocks, so no record is read.
/// </summary>
/// <remarks>Works through the index in slices, so that what it needs for the moment does not grow with the
/// store.</remarks>
internal static class DistributionCollector
{
    private const int BucketsASlice = 1 << 20;
    private const int Caps = 10;
    private const int FirstSizeBits = 10;
    private const int SizeStepBits = 2;
    private const int SizeBars = 12;

    /// <summary>Collects everything now.</summary>
    public static StoreDistribution Collect(StoreEngine engine, CancellationToken cancellationToken)
    {
        StoreCore core = engine.Core;
        engine.Recovery.Wait(cancellationToken);
        engine.Follower?.Follow();
        long[] counts = new long[HourCounts.Hours];
        long[] bytes = new long[HourCounts.Hours];
        long[] sizeCounts = new long[SizeBars];
        long[] sizeBytes = new long[SizeBars];
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            StoreState state = core.State;
            foreach (EvictionCandidates slice in Slices(state, cancellationToken))
            {
                for (int i = 0; i < slice.Count; i++)
                {
                    if (slice.LengthOf(i) > 0)
                    {
                        long size = slice.BytesOf(i);
                        int bar = BarOf(size);
                        counts[slice.HourOf(i)]++;
                        bytes[slice.HourOf(i)] += size;
                        sizeCounts[bar]++;
                        sizeBytes[bar] += size;
                    }
                }
            }
        }
        finally
        {
            slot.Leave(token);
        }

        return new StoreDistribution
        {
            Ages = AgeBars.Of(core.Hour, counts, bytes),
            Sizes = [.. Enumerable.Range(0, SizeBars).Select(b => new SizeBucket(
                b == SizeBars - 1 ? long.MaxValue : 1L << (FirstSizeBits + (b * SizeStepBits)), sizeCounts[b],
                sizeBytes[b]))],
            Caps = CapsOf(core.Hour, counts, bytes),
        };
    }

    private static IEnumerable<EvictionCandidates> Slices(StoreState state, CancellationToken cancellationToken)
    {
        IndexTable table = state.Table;
        for (int part = 0; part < 2; part++)
        {
            bool isOverflow = part == 1;
            int count = isOverflow ? table.OverflowCount : table.BucketCount;
            for (int from = 0; from < count; from += BucketsASlice)
            {
                int to = Math.Min(count, from + BucketsASlice);
                EvictionCandidates slice = new((to - from) * (IndexBucket.Words - 1));
                CandidateCollector collector = new(slice, ushort.MaxValue);
                IndexScan.Run(table, from, to, isOverflow, ref collector, cancellationToken);
                slice.Sort();
                new RecordSizes(state, slice, cancellationToken).Fill();
                yield return slice;
            }
        }
    }

    private static int BarOf(long size) => Math.Clamp(
        (BitOperations.Log2((ulong)size) - FirstSizeBits + SizeStepBits) / SizeStepBits, 0, SizeBars - 1);

    private static CapHint[] CapsOf(int now, long[] counts, long[] bytes)
    {
        long live = bytes.Sum();
        long artifacts = counts.Sum();
        CapHint[] hints = new CapHint[artifacts == 0 ? 0 : Caps];
        for (int i = 0; i < hints.Length; i++)
        {
            long cap = live / Caps * (i + 1);
            cap = i == Caps - 1 ? live : cap;
            double kept = 0;
            long used = 0;
            int hour = HourCounts.Hours - 1;
            int oldest = now;
            for (; hour >= 0 && used < cap; hour--)
            {
                if (counts[hour] > 0)
                {
                    // Of the hour in which the cap ends, the share of its bytes that fit.
                    double share = Math.Min(1, (double)(cap - used) / Math.Max(1, bytes[hour]));
                    kept += share * counts[hour];
                    used += bytes[hour];
                    oldest = hour;
                }
            }

            hints[i] = new CapHint(cap, kept / artifacts, TimeSpan.FromHours(Math.Max(0, now - oldest)));
        }

        return hints;
    }
}
