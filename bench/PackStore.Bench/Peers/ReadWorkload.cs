using System.Diagnostics;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>What a read workload does with each key.</summary>
internal enum ReadMode
{
    Touch,
    Whole,
    Batched,
}

/// <summary>Reads of a warm store by one thread: back to back, one by one, and what they allocate.</summary>
internal sealed class ReadWorkload(
    string id, string title, Corpus corpus, int artifacts, string order, ReadMode mode) : Workload(id, title)
{
    private const int Chunk = 256;
    private const double WarmUpSeconds = 0.3;
    private readonly HashSet<string> _warm = [];

    /// <summary>Room for artifacts that a later workload puts into the same stores.</summary>
    internal int Spare { get; init; }

    internal int Lookups { get; init; } = 400_000;

    /// <summary>Whether single gets between two timestamps are measured too.</summary>
    internal bool Isolated { get; init; }

    internal override void Run(PeersContext context)
    {
        string[] except = mode == ReadMode.Batched ? [] : [PeerFactory.PackStoreBatch];
        context.Interleave(engine => Step(context, engine), except);
    }

    private void Step(PeersContext context, string engine)
    {
        string owner = engine == PeerFactory.PackStoreBatch ? PeerFactory.PackStore : engine;
        Peer peer = context.Fixture(owner, corpus, artifacts, Spare);
        bool slow = peer.MaxArtifacts < artifacts;
        int lookups = Math.Max(Chunk, Math.Min(slow ? 20_000 : context.Options.Scaled(Lookups), Lookups));
        KeyRun run = context.Run(order, Math.Min(artifacts, peer.MaxArtifacts), lookups);
        using PeerSession session = engine == PeerFactory.PackStoreBatch
            ? new PackStoreSession(((PackStorePeer)peer).Store, batched: true)
            : peer.CreateSession();
        BackToBack(context, engine, session, run);
        if (Isolated)
        {
            OneByOne(context, engine, session, run);
        }
    }

    private void BackToBack(PeersContext context, string engine, PeerSession session, KeyRun run)
    {
        ulong sink = 0;
        int chunks = run.Count / Chunk;
        WarmUp(engine, session, run, chunks, ref sink);
        double[] times = new double[chunks];
        int hits = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < chunks; i++)
        {
            long start = Stopwatch.GetTimestamp();
            hits += Read(session, run, i * Chunk, Chunk, ref sink);
            times[i] = Stopwatch.GetTimestamp() - start;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        int expected = order == "absent" ? 0 : chunks * Chunk;
        if (hits != expected)
        {
            throw new InvalidOperationException($"{Id} {engine}: {hits} hits, expected {expected}.");
        }

        GC.KeepAlive(sink);
        double nanoseconds = Statistics.Median(times) * PeersContext.NanosecondsPerTick / Chunk;
        context.Results.Add(Id, Title + ", back to back", "ns/op", false, engine, nanoseconds);
        context.Results.Add(Id + ".alloc", Title + ", allocated", "B/op", false, engine,
            allocated / (double)(chunks * Chunk));
    }

    /// <summary>Lets the compiler finish with this engine's loop before it is timed for the first time, and touches
    /// every key of the run once, so that what an engine does on first touch is behind it.</summary>
    private void WarmUp(string engine, PeerSession session, KeyRun run, int chunks, ref ulong sink)
    {
        double seconds = _warm.Add(engine) ? WarmUpSeconds : WarmUpSeconds / 30;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < chunks || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; i++)
        {
            _ = Read(session, run, i % chunks * Chunk, Chunk, ref sink);
        }
    }

    private void OneByOne(PeersContext context, string engine, PeerSession session, KeyRun run)
    {
        int count = Math.Min(run.Count, 100_000);
        long[] times = new long[count];
        ulong sink = 0;
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _ = Read(session, run, i, 1, ref sink);
            times[i] = Stopwatch.GetTimestamp() - start;
        }

        GC.KeepAlive(sink);
        times.AsSpan().Sort();
        double overhead = TimerOverhead();
        double p50 = Math.Max(0, Statistics.Percentile(times, 0.5) - overhead) * PeersContext.NanosecondsPerTick;
        double p99 = Math.Max(0, Statistics.Percentile(times, 0.99) - overhead) * PeersContext.NanosecondsPerTick;
        context.Results.Add(Id + ".p50", Title + ", one isolated, p50", "ns", false, engine, p50);
        context.Results.Add(Id + ".p99", Title + ", one isolated, p99", "ns", false, engine, p99);
    }

    private static double TimerOverhead()
    {
        long[] times = new long[10_000];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            times[i] = Stopwatch.GetTimestamp() - start;
        }

        times.AsSpan().Sort();
        return Statistics.Percentile(times, 0.5);
    }

    private int Read(PeerSession session, KeyRun run, int start, int count, ref ulong sink) => mode switch
    {
        ReadMode.Whole => session.ReadWhole(run, start, count, ref sink),
        ReadMode.Batched => session.TouchBatched(run, start, count, ref sink),
        _ => session.Touch(run, start, count, ref sink),
    };
}
