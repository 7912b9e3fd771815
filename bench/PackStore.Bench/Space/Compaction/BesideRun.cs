using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using PackStore.Bench.Data;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Space.Compaction;

/// <summary>
/// Hits beside a compaction that runs as fast as it can, and without it: the same store, the same thread, in turns.
/// Before each turn half of the artifacts, chosen at random, are put again, so that there is something to compact.
/// </summary>
internal sealed class BesideRun
{
    private const int PayloadBytes = 4000;
    private const int ReadBytes = 256;
    private const int BatchPuts = 64;
    private const int KeyCount = 1 << 20;
    private const int MaxSamples = 1 << 24;
    private const double Goal = 1.5;

    private readonly ArtifactStore _store;
    private readonly int _artifacts;
    private readonly KeyRun _keys;
    private readonly long[] _samples = new long[MaxSamples];
    private readonly byte[] _payload = new byte[PayloadBytes];
    private readonly List<Turn> _alone = [];
    private readonly List<Turn> _beside = [];
    private long _version;
    private long _sum;

    private BesideRun(ArtifactStore store, int artifacts)
    {
        _store = store;
        _artifacts = artifacts;
        _keys = KeyRun.Uniform(artifacts, KeyCount, 5);
    }

    /// <summary>Measures and prints; says whether the goal is met.</summary>
    public static bool Run(string root, long bytes, int rounds)
    {
        string path = Path.Combine(root, "store");
        PackStoreOptions options = new() { FlushInterval = Timeout.InfiniteTimeSpan };
        try
        {
            using ArtifactStore store = ArtifactStore.Open(path, options);
            // What is dead is for the compactions that are measured.
            store.Engine.Bound.DeadShare = 100;
            return new BesideRun(store, (int)(bytes / (PayloadBytes + 192))).Measure(rounds);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private bool Measure(int rounds)
    {
        Put([.. Enumerable.Range(0, _artifacts)]);
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_artifacts} artifacts of {PayloadBytes} bytes; a hit between two timestamps, {ReadBytes} bytes read:"));
        Console.WriteLine();
        Console.WriteLine("| round | | hits | p50 ns | p99 ns | p99.9 ns | max us | seconds | copied MB/s |");
        Console.WriteLine("|---:|---|---:|---:|---:|---:|---:|---:|---:|");
        for (int round = 0; round <= rounds; round++)
        {
            PutHalfAgain(round);
            Hit(() => false, _keys.Count);
            Turn alone = TurnOf(Hit(() => false, MaxSamples / 4), 0);
            CompactionReport? report = null;
            IOException? failure = null;
            Thread compactor = new(() => failure = Compact(out report));
            compactor.Start();
            Turn beside = TurnOf(Hit(() => !compactor.IsAlive, MaxSamples), 0);
            compactor.Join();
            if (failure is not null)
            {
                throw new InvalidOperationException("the compaction failed", failure);
            }

            // The first round is for the compiler.
            if (round > 0)
            {
                beside = beside with { CopiedBytes = report!.WrittenBytes };
                _alone.Add(alone);
                _beside.Add(beside);
                Print(round, "without", alone);
                Print(round, "beside", beside);
            }
        }

        return Judge();
    }

    private bool Judge()
    {
        double Ratio(Func<Turn, double> of) =>
            Statistics.Median(_beside.Select(of)) / Statistics.Median(_alone.Select(of));
        double p99 = Ratio(static t => t.P99);
        GC.KeepAlive(_sum);
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"beside / without, medians of the rounds: p50 {Ratio(static t => t.P50):F2}, p99 {p99:F2} ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"(goal: at most {Goal}), p99.9 {Ratio(static t => t.P999):F2}"));
        return p99 <= Goal;
    }

    private IOException? Compact(out CompactionReport? report)
    {
        report = null;
        try
        {
            report = _store.CompactAsync().GetAwaiter().GetResult();
            return null;
        }
        catch (IOException e)
        {
            return e;
        }
    }

    private static void Print(int round, string what, in Turn turn) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {round} | {what} | {turn.Hits} | {turn.P50:F0} | {turn.P99:F0} | {turn.P999:F0} | {turn.Max / 1e3:F0} | ")
        + string.Create(
            CultureInfo.InvariantCulture, $"{turn.Seconds:F1} | {turn.CopiedBytes / turn.Seconds / 1e6:F0} |"));

    /// <summary>Hits until told to stop, or so many; gives how many and how long it took.</summary>
    private (int Hits, double Seconds) Hit(Func<bool> isOver, int most)
    {
        const int Chunk = 256;
        int count = 0;
        long started = Stopwatch.GetTimestamp();
        while (count + Chunk <= most && !isOver())
        {
            for (int i = 0; i < Chunk; i++)
            {
                long at = Stopwatch.GetTimestamp();
                using (PayloadLease lease = _store.EnsurePayloads(_keys.Keys[count & (KeyCount - 1)]))
                {
                    foreach (ulong word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(
                        lease[0][..ReadBytes]))
                    {
                        _sum += (long)word;
                    }
                }

                _samples[count++] = Stopwatch.GetTimestamp() - at;
            }
        }

        return (count, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private Turn TurnOf((int Hits, double Seconds) run, long copied)
    {
        Span<long> sorted = _samples.AsSpan(0, run.Hits);
        sorted.Sort();
        double Nanoseconds(double share) => Statistics.Percentile(_samples.AsSpan(0, run.Hits), share)
            * PeersContext.NanosecondsPerTick;
        return new Turn(
            run.Hits, Nanoseconds(0.5), Nanoseconds(0.99), Nanoseconds(0.999),
            sorted[^1] * PeersContext.NanosecondsPerTick, run.Seconds, copied);
    }

    private void PutHalfAgain(int seed)
    {
        int[] artifacts = [.. Enumerable.Range(0, _artifacts)];
        new Random(seed).Shuffle(artifacts);
        Put(artifacts.AsSpan(0, _artifacts / 2));
        _store.FlushAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Put(ReadOnlySpan<int> artifacts)
    {
        for (int i = 0; i < artifacts.Length; i += BatchPuts)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_payload, ++_version);
            ArtifactPut[] puts = new ArtifactPut[Math.Min(BatchPuts, artifacts.Length - i)];
            for (int k = 0; k < puts.Length; k++)
            {
                puts[k] = new ArtifactPut
                {
                    Key = Keys.Make(artifacts[i + k]),
                    Payloads = [ArtifactPayload.FromBytes("o", _payload)],
                };
            }

            _store.PutManyAsync(puts).AsTask().GetAwaiter().GetResult();
        }
    }

    private readonly record struct Turn(
        int Hits, double P50, double P99, double P999, double Max, double Seconds, long CopiedBytes);
}
