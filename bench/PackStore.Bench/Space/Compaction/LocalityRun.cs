using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;

namespace PackStore.Bench.Space.Compaction;

/// <summary>
/// How a cold rebuild reads before a compaction and after it: projects that were built in turns, a part of each anew
/// every time, are read one by one in the order in which they are built, from a disk whose pages were dropped.
/// </summary>
internal sealed class LocalityRun
{
    private const int PayloadBytes = 20_000;
    private const int Projects = 8;
    private const int Rounds = 6;
    private const double ChangedShare = 0.3;
    private const int BatchPuts = 32;
    private const long SegmentBytes = 32 << 20;

    /// <summary>What the kernel reads ahead, by default.</summary>
    private const long WindowBytes = 128 << 10;

    private readonly string _path;
    private readonly int _artifacts;
    private readonly ShiftedClock _clock = new();
    private readonly byte[] _payload = new byte[PayloadBytes];
    private long _sum;

    private LocalityRun(string path, int artifacts)
    {
        _path = path;
        _artifacts = artifacts;
        new Random(3).NextBytes(_payload);
    }

    private PackStoreOptions Options => new() { SegmentSizeBytes = SegmentBytes, TimeProvider = _clock };

    /// <summary>Measures and prints.</summary>
    public static void Run(string root, long bytes)
    {
        string path = Path.Combine(root, "store");
        new LocalityRun(path, (int)(bytes / Projects / PayloadBytes)).Measure();
        Directory.Delete(path, recursive: true);
    }

    private void Measure()
    {
        using (ArtifactStore store = ArtifactStore.Open(_path, Options))
        {
            // What is dead is for the compaction that is measured.
            store.Engine.Bound.DeadShare = 100;
            Build(store);
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Projects} projects of {_artifacts} artifacts of {PayloadBytes} bytes, built {Rounds} times, ")
            + "a project an hour; means of a project:");
        Console.WriteLine();
        Console.WriteLine("| | seeks | windows of 128 KiB | least windows | cold read ms |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        double before = Rebuild("before");
        using (ArtifactStore store = ArtifactStore.Open(_path, Options))
        {
            CompactionReport report = store.CompactAsync(new CompactionOptions { DeadRatio = 0.1 })
                .GetAwaiter().GetResult();
            Console.Error.WriteLine($"{report.RemovedSegments} segments into {report.WrittenSegments}");
        }

        double after = Rebuild("after");
        GC.KeepAlive(_sum);
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"cold read after / before the compaction: {after / before:F2}"));
    }

    /// <summary>Each round builds every project: some artifacts are put anew, the others are hits.</summary>
    private void Build(ArtifactStore store)
    {
        Random random = new(9);
        for (int round = 0; round < Rounds; round++)
        {
            for (int project = 0; project < Projects; project++)
            {
                _clock.Shift += TimeSpan.FromHours(1);
                store.Engine.Core.RefreshHour();
                List<ArtifactPut> puts = [];
                for (int i = 0; i < _artifacts; i++)
                {
                    if (round > 0 && random.NextDouble() >= ChangedShare)
                    {
                        using PayloadLease lease = store.EnsurePayloads(KeyOf(project, i));
                        _sum += lease.IsHit ? 1 : throw new InvalidOperationException("a miss");
                        continue;
                    }

                    byte[] payload = [.. _payload];
                    BinaryPrimitives.WriteInt64LittleEndian(payload, random.NextInt64());
                    puts.Add(new ArtifactPut
                    {
                        Key = KeyOf(project, i),
                        Payloads = [ArtifactPayload.FromBytes("o", payload)],
                    });
                    if (puts.Count == BatchPuts)
                    {
                        Put(store, puts);
                    }
                }

                Put(store, puts);
            }
        }
    }

    private static void Put(ArtifactStore store, List<ArtifactPut> puts)
    {
        store.PutManyAsync([.. puts]).AsTask().GetAwaiter().GetResult();
        puts.Clear();
    }

    private double Rebuild(string when)
    {
        long seeks = 0;
        long windows = 0;
        double milliseconds = 0;
        long least = 0;
        using ArtifactStore store = ArtifactStore.OpenReadOnly(_path);
        for (int project = 0; project < Projects; project++)
        {
            (long Segment, long End) last = default;
            HashSet<(int, long)> seen = [];
            for (int i = 0; i < _artifacts; i++)
            {
                ArtifactMetadata found = store.TryGetMetadata(KeyOf(project, i), out ArtifactMetadata? metadata)
                    ? metadata : throw new InvalidOperationException("a miss");
                PayloadInfo payload = found.Payloads[0];
                long end = payload.SegmentOffset + payload.Length;
                bool isNext = payload.SegmentId == last.Segment && payload.SegmentOffset >= last.End
                    && payload.SegmentOffset < last.End + WindowBytes;
                seeks += isNext ? 0 : 1;
                last = (payload.SegmentId, end);
                for (long w = payload.SegmentOffset / WindowBytes; w <= end / WindowBytes; w++)
                {
                    seen.Add((payload.SegmentId, w));
                }
            }

            windows += seen.Count;
            least += ((long)_artifacts * PayloadBytes / WindowBytes) + 1;
        }

        for (int project = 0; project < Projects; project++)
        {
            milliseconds += ReadCold(project);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {when} | {seeks / Projects} | {windows / Projects} | {least / Projects} ")
            + string.Create(CultureInfo.InvariantCulture, $"| {milliseconds / Projects:F1} |"));
        return milliseconds;
    }

    private double ReadCold(int project)
    {
        // Opened anew: what is mapped cannot be dropped.
        using ArtifactStore store = ArtifactStore.OpenReadOnly(_path);
        store.Contains(KeyOf(project, 0));
        Native.SyncFileSystem(_path);
        foreach (string file in Directory.GetFiles(Path.Combine(_path, "segments")))
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            Native.DropPages(handle);
        }

        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < _artifacts; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(KeyOf(project, i));
            _sum += lease[0][^1];
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static ArtifactKey KeyOf(int project, int artifact) => Keys.Make((project << 20) + artifact);

    /// <summary>The system's clock, some hours on.</summary>
    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }
}
