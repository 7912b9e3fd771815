using System.Diagnostics;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>4 KiB puts that are on the medium before they return: one writer, and 64 writers on one store.</summary>
internal sealed class DurableWorkload(string id, string title) : Workload(id, title)
{
    private const int Writers = 64;
    private static readonly Corpus s_corpus = Corpus.Fixed(4096);

    internal override void Run(PeersContext context) =>
        context.Interleave(engine => Step(context, engine), PeerFactory.PackStoreBatch);

    private void Step(PeersContext context, string engine)
    {
        int puts = Math.Max(100, Math.Min(2000, context.Options.Scaled(2000)));
        int each = Math.Max(10, puts / 4);
        string directory = context.NewDirectory();
        using Peer peer = PeerFactory.Create(engine);
        long total = puts + (Writers * each);
        peer.Open(new PeerSetup(directory, total, s_corpus.LiveBytes(0, total), Durable: true));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < puts; i++)
        {
            peer.PutAsync(s_corpus, i, 1).GetAwaiter().GetResult();
        }

        context.Results.Add(Id, Title + ", one writer", "puts/s", true, engine,
            puts / Stopwatch.GetElapsedTime(start).TotalSeconds);
        if (engine == PeerFactory.PackStore)
        {
            start = Stopwatch.GetTimestamp();
            Task.WhenAll(Enumerable.Range(0, Writers).Select(w => WriteAsync(peer, puts + (w * each), each)))
                .GetAwaiter().GetResult();
            context.Results.Add(Id + ".64", Title + ", 64 writers", "puts/s", true, engine,
                Writers * each / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        peer.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private static async Task WriteAsync(Peer peer, long first, int count)
    {
        await Task.Yield();
        for (long i = first; i < first + count; i++)
        {
            await peer.PutAsync(s_corpus, i, 1).ConfigureAwait(false);
        }
    }
}
