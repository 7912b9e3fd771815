using System.Diagnostics;
using System.Runtime.CompilerServices;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>Two threads on one store: reads only (beside the rate of one thread), or one put in twenty.</summary>
internal sealed class ParallelWorkload(
    string id, string title, Corpus corpus, int artifacts, int putsInHundred) : Workload(id, title)
{
    internal const int Lookups = 400_000;
    private const double WarmUpSeconds = 0.3;

    // Reads alone go over the keys several times, so that starting the threads does not count.
    private readonly int _passes = putsInHundred == 0 ? 5 : 1;
    private readonly HashSet<string> _warm = [];
    private readonly Dictionary<string, StrongBox<long>> _nextPut = [];

    internal int Spare { get; init; }

    internal override void Run(PeersContext context) =>
        context.Interleave(engine => Step(context, engine), PeerFactory.PackStoreBatch);

    private void Step(PeersContext context, string engine)
    {
        Peer peer = context.Fixture(engine, corpus, artifacts, Spare);
        bool slow = peer.MaxArtifacts < artifacts;
        int lookups = Math.Min(slow ? 20_000 : context.Options.Scaled(Lookups), Lookups);
        _nextPut.TryAdd(engine, new StrongBox<long>(artifacts));
        KeyRun run = context.Run("uniform", Math.Min(artifacts, peer.MaxArtifacts), lookups);
        WarmUp(engine, peer, run);
        if (putsInHundred == 0)
        {
            double one = Rate(peer, run, _nextPut[engine], 1);
            context.Results.Add(Id + ".1", Title + ", by one", "Mop/s", true, engine, one);
        }

        context.Results.Add(Id, Title, "Mop/s", true, engine, Rate(peer, run, _nextPut[engine], 2));
    }

    private void WarmUp(string engine, Peer peer, KeyRun run)
    {
        if (!_warm.Add(engine))
        {
            return;
        }

        using PeerSession session = peer.CreateSession();
        ulong sink = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < run.Count || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds; i++)
        {
            _ = session.Touch(run, i % run.Count, 1, ref sink);
        }

        GC.KeepAlive(sink);
    }

    /// <summary>Millions of operations a second of all threads together, from the start of the first to the end of the
    /// last as they saw it themselves: this thread may get a core only when they are done.</summary>
    private double Rate(Peer peer, KeyRun run, StrongBox<long> nextPut, int threads)
    {
        using var ready = new Barrier(threads);
        var failures = new List<Exception>();
        var spans = new (long Start, long End)[threads];
        var workers = new Thread[threads];
        for (int t = 0; t < threads; t++)
        {
            int number = t;
            workers[t] = new Thread(() =>
            {
                try
                {
                    spans[number] = Work(peer, run, number * run.Count / threads, nextPut, ready);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    lock (failures)
                    {
                        failures.Add(e);
                    }
                }
            });
        }

        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        if (failures.Count > 0)
        {
            throw new InvalidOperationException($"{Id}: {failures[0].Message}", failures[0]);
        }

        double seconds = Stopwatch.GetElapsedTime(spans.Min(s => s.Start), spans.Max(s => s.End)).TotalSeconds;
        return threads * (double)run.Count * _passes / seconds / 1e6;
    }

    private (long Start, long End) Work(Peer peer, KeyRun run, int offset, StrongBox<long> nextPut, Barrier ready)
    {
        using PeerSession session = peer.CreateSession();
        ulong sink = 0;
        _ = session.Touch(run, 0, Math.Min(256, run.Count), ref sink);
        ready.SignalAndWait(TimeSpan.FromSeconds(10));
        long start = Stopwatch.GetTimestamp();
        int operations = run.Count * _passes;
        for (int i = 0, count; i < operations; i += count)
        {
            int at = (i + offset) % run.Count;
            count = Math.Min(100, Math.Min(operations - i, run.Count - at));
            if (putsInHundred == 0)
            {
                _ = session.Touch(run, at, count, ref sink);
            }
            else
            {
                Mix(peer, session, run, at, count, nextPut, ref sink);
            }
        }

        long end = Stopwatch.GetTimestamp();
        GC.KeepAlive(sink);
        return (start, end);
    }

    private void Mix(
        Peer peer, PeerSession session, KeyRun run, int at, int count, StrongBox<long> nextPut, ref ulong sink)
    {
        for (int k = 0; k < count; k++)
        {
            if (k % (100 / putsInHundred) == 0)
            {
                peer.PutAsync(corpus, Interlocked.Increment(ref nextPut.Value), 1).GetAwaiter().GetResult();
            }
            else
            {
                _ = session.Touch(run, at + k, 1, ref sink);
            }
        }
    }
}
