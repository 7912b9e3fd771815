using System.Buffers.Binary;
using System.Globalization;
using PackStore.Bench.Data;
using PackStore.Engine.Space;

namespace PackStore.Bench.Space.Compaction;

/// <summary>What one store, and two models of its size, wrote for the bytes that were put.</summary>
/// <param name="Pattern">Which artifacts were overwritten how often.</param>
/// <param name="CapShare">Live bytes as a share of the cap.</param>
/// <param name="LiveShare">Live bytes as a share of what the store's segments had on the disk, on average.</param>
/// <param name="Written">Bytes written for each byte put, everything counted.</param>
/// <param name="Greedy">The same of greedy cleaning in the same space.</param>
/// <param name="Aged">The same of the store's own choice of victims in the same space.</param>
/// <param name="Segments">Segment files at the end.</param>
/// <param name="WorstOfBound">The greatest share of the bound that was on the disk, of some thousand looks.</param>
internal sealed record AmplificationRun(
    string Pattern, double CapShare, double LiveShare, double Written, double Greedy, double Aged, int Segments,
    double WorstOfBound)
{
    private const int PayloadBytes = 60_000;
    private const int SegmentCount = 64;
    private const int BatchPuts = 4;
    private const int LookPuts = 512;

    // Uniform overwrites come to a steady state sooner than those that meet most artifacts seldom.
    private const int UniformTurns = 4;
    private const int ZipfTurns = 8;
    private const int MeasuredTurns = 4;

    /// <summary>Overwrites until the state is steady, then measures.</summary>
    /// <param name="path">Where the store is to be.</param>
    /// <param name="isZipf">Zipf 0.99, or uniform.</param>
    /// <param name="liveBytes">About so many live bytes.</param>
    /// <param name="capShare">Their share of the cap.</param>
    /// <param name="deadShare">What may be dead, as a share of what lives.</param>
    public static AmplificationRun Measure(
        string path, bool isZipf, long liveBytes, double capShare, double deadShare)
    {
        long segmentBytes = liveBytes / SegmentCount / 4096 * 4096;
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = segmentBytes,
            MaxBytes = (long)(liveBytes / capShare),
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        using ArtifactStore store = ArtifactStore.Open(path, options);
        store.Engine.Bound.DeadShare = deadShare;
        Filler filler = new(store);
        filler.Put([.. Enumerable.Range(0, BatchPuts)]);
        long recordBytes = store.GetStats().LiveBytes / BatchPuts;
        int records = (int)(liveBytes / recordBytes);
        filler.PutAll([.. Enumerable.Range(BatchPuts, records - BatchPuts)]);

        int warmUp = (isZipf ? ZipfTurns : UniformTurns) * records;
        int[] order = OrderOf(isZipf, records, warmUp + (MeasuredTurns * records));
        filler.PutAll(order.AsSpan(0, warmUp));
        filler.Looks.Clear();
        long before = WrittenBytes();
        filler.PutAll(order.AsSpan(warmUp));
        long written = WrittenBytes() - before;

        double liveShare = filler.Looks.Average(static l => l.LiveShare);
        long capacity = (long)(records / liveShare);
        int segmentRecords = (int)(segmentBytes / recordBytes);
        return new AmplificationRun(
            isZipf ? "zipf 0.99" : "uniform", capShare, liveShare,
            written / ((double)recordBytes * MeasuredTurns * records),
            Model(CleaningPolicy.Greedy, records, segmentRecords, capacity, order, warmUp),
            Model(CleaningPolicy.Aged, records, segmentRecords, capacity, order, warmUp),
            store.GetStats().Segments, filler.Looks.Max(static l => l.OfBound));
    }

    private static double Model(
        CleaningPolicy policy, int records, int segmentRecords, long capacity, int[] order, int warmUp)
    {
        CleaningModel model = new(policy, records, segmentRecords, capacity);
        long before = 0;
        for (int i = 0; i < order.Length; i++)
        {
            before = i == warmUp ? model.Copied : before;
            model.Overwrite(order[i]);
        }

        int measured = order.Length - warmUp;
        return (measured + model.Copied - before) / (double)measured;
    }

    private static int[] OrderOf(bool isZipf, int records, int count)
    {
        KeyRun run = isZipf ? KeyRun.Zipf(records, count, 11) : KeyRun.Uniform(records, count, 11);
        return [.. run.Artifacts.Select(static a => (int)a)];
    }

    /// <summary>Everything this process has given to a call that writes, also what the kernel copied for it.</summary>
    private static long WrittenBytes() => long.Parse(
        File.ReadLines("/proc/self/io").First(static l => l.StartsWith("wchar:", StringComparison.Ordinal))[6..],
        CultureInfo.InvariantCulture);

    /// <summary>Puts, and looks at the disk now and then.</summary>
    private sealed class Filler(ArtifactStore store)
    {
        private readonly byte[] _payload = new byte[PayloadBytes];
        private readonly ArtifactPut[] _puts = new ArtifactPut[BatchPuts];
        private int _sinceLook;
        private long _version;

        public List<(double LiveShare, double OfBound)> Looks { get; } = [];

        public void PutAll(ReadOnlySpan<int> artifacts)
        {
            for (int i = 0; i < artifacts.Length; i += BatchPuts)
            {
                Put(artifacts[i..Math.Min(artifacts.Length, i + BatchPuts)]);
            }
        }

        public void Put(ReadOnlySpan<int> artifacts)
        {
            // Other bytes each time.
            BinaryPrimitives.WriteInt64LittleEndian(_payload, ++_version);
            for (int i = 0; i < artifacts.Length; i++)
            {
                _puts[i] = new ArtifactPut
                {
                    Key = Keys.Make(artifacts[i]),
                    Payloads = [ArtifactPayload.FromBytes("o", _payload)],
                };
            }

            store.PutManyAsync(_puts.AsMemory(0, artifacts.Length).ToArray()).AsTask().GetAwaiter().GetResult();
            _sinceLook += artifacts.Length;
            if (_sinceLook >= LookPuts)
            {
                _sinceLook = 0;
                Look();
            }
        }

        private void Look()
        {
            StoreStats stats = store.GetStats();
            long segments = stats.LiveBytes + stats.DeadBytes + stats.ReservedBytes;
            double bound = (stats.LiveBytes * (1 + store.Engine.Bound.DeadShare)) + stats.SegmentSizeBytes
                + SpaceBound.FixedBytes;
            Looks.Add(((double)stats.LiveBytes / segments, stats.DiskBytes / bound));
        }
    }
}
