using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>Puts into an empty store, then one flush: rate with and without the flush, allocation, space.</summary>
internal sealed class PutWorkload(string id, string title, Corpus corpus, int artifacts) : Workload(id, title)
{
    private const int Chunk = 512;
    private const double SecondsAtMost = 20;

    /// <summary>Whether the bytes are also written bare, sequentially, to a preallocated file.</summary>
    internal bool AgainstRaw { get; init; }

    internal override void Run(PeersContext context)
    {
        context.Interleave(engine => Step(context, engine));
        for (int run = 0; AgainstRaw && run < context.Options.Runs; run++)
        {
            Raw(context);
        }
    }

    private void Step(PeersContext context, string engine)
    {
        string directory = context.NewDirectory();
        using Peer peer = PeerFactory.Create(engine);
        long wanted = Math.Min(artifacts, peer.MaxArtifacts);
        GC.Collect();
        Native.SyncFileSystem(directory);
        peer.Open(new PeerSetup(directory, wanted, corpus.LiveBytes(0, wanted)));
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        long done = 0;
        while (done < wanted && Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsAtMost)
        {
            int count = (int)Math.Min(Chunk, wanted - done);
            peer.PutAsync(corpus, done, count).GetAwaiter().GetResult();
            done += count;
        }

        double putSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.FlushAsync().GetAwaiter().GetResult();
        double allSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        if (done < artifacts)
        {
            context.Results.Notes.Add($"{Id} {engine}: {done} of {artifacts} artifacts, the cap of this engine");
        }

        double live = corpus.LiveBytes(0, done);
        double disk = peer.DiskBytes(directory);
        Record(context, engine, done, putSeconds, allSeconds, live);
        context.Results.Add(Id + ".alloc", Title + ", allocated", "B/op", false, engine, allocated / (double)done);
        context.Results.Add(Id + ".space", Title + ", disk / live", "x", false, engine, disk / live);
        if (peer.AllowedSlackBytes > 0)
        {
            context.Results.Add(Id + ".space-less-segment", Title + ", (disk - one segment) / live", "x", false, engine,
                Math.Max(0, disk - peer.AllowedSlackBytes) / live);
        }

        peer.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private void Record(
        PeersContext context, string engine, long done, double putSeconds, double allSeconds, double live)
    {
        ResultTable results = context.Results;
        results.Add(Id + ".flush", Title + ", flush counted", "artifacts/s", true, engine, done / allSeconds);
        results.Add(Id + ".before", Title + ", before the flush", "artifacts/s", true, engine, done / putSeconds);
        results.Add(Id + ".bytes", Title + ", flush counted", "MB/s", true, engine, live / allSeconds / 1e6);
    }

    private void Raw(PeersContext context)
    {
        string directory = context.NewDirectory();
        Native.SyncFileSystem(directory);
        long live = corpus.LiveBytes(0, artifacts);
        using (SafeFileHandle file =
            File.OpenHandle(Path.Combine(directory, "raw"), FileMode.Create, FileAccess.ReadWrite))
        {
            Native.Allocate(file, live);
            long start = Stopwatch.GetTimestamp();
            long at = 0;
            for (long i = 0; i < artifacts; i++)
            {
                for (int p = 0; p < corpus.PayloadCount; p++)
                {
                    ReadOnlySpan<byte> bytes = corpus.Payload(i, p).Span;
                    RandomAccess.Write(file, bytes, at);
                    at += bytes.Length;
                }
            }

            double putSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Native.SyncData(file);
            Record(context, "raw pwrite", artifacts, putSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, live);
        }

        Directory.Delete(directory, recursive: true);
    }
}
