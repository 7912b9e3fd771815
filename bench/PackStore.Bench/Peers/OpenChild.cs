using System.Diagnostics;
using System.Globalization;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>The processes <see cref="OpenWorkload"/> starts: this same program under a hidden verb.</summary>
internal static class OpenChild
{
    internal const int PayloadBytes = 100;
    internal const int ArtifactsBeforeKill = 2000;

    /// <summary>Opens, hits once, says how long it took, reads on, says its anonymous memory, closes.</summary>
    internal const string OpenVerb = "child-open";

    /// <summary>Opens, puts, says READY and puts on until it is killed.</summary>
    internal const string DirtyVerb = "child-dirty";

    /// <summary>Opens, waits until every artifact is counted again, closes.</summary>
    internal const string SettleVerb = "child-settle";

    private static readonly Corpus s_corpus = Corpus.Fixed(PayloadBytes);

    internal static Process Start(string verb, string engine, string directory, int artifacts)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("Where is this program?");
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OpenChild).Assembly.Location);
        }

        foreach (string argument in new[] { verb, engine, directory, artifacts.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("The child did not start.");
    }

    internal static int Run(string verb, string engine, string directory, int artifacts)
    {
        KeyRun first = KeyRun.Sequential(artifacts / 2, 1);
        long start = Stopwatch.GetTimestamp();
        using Peer peer = PeerFactory.Create(engine);
        long capacity = artifacts + ArtifactsBeforeKill;
        peer.Open(new PeerSetup(directory, capacity, capacity * PayloadBytes));
        using PeerSession session = peer.CreateSession();
        ulong sink = 0;
        if (session.Touch(first, 0, 1, ref sink) != 1)
        {
            Console.WriteLine("MISS");
            return 1;
        }

        switch (verb)
        {
            case OpenVerb:
                double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"HIT {milliseconds:f3}"));
                ReadOn(session, artifacts);
                break;
            case DirtyVerb:
                PutUntilKilled(peer, artifacts);
                break;
            default:
                Settle(peer, artifacts);
                break;
        }

        return 0;
    }

    private static void PutUntilKilled(Peer peer, int artifacts)
    {
        peer.PutAsync(s_corpus, artifacts, ArtifactsBeforeKill).GetAwaiter().GetResult();
        Console.WriteLine("READY");
        for (int i = 0; ; i = (i + 1) % ArtifactsBeforeKill)
        {
            peer.PutAsync(s_corpus, artifacts + i, 1).GetAwaiter().GetResult();
        }
    }

    private static void ReadOn(PeerSession session, int artifacts)
    {
        KeyRun run = KeyRun.Uniform(artifacts, 20_000, seed: 23);
        ulong sink = 0;
        int hits = 0;
        for (int i = 0; i < 10; i++)
        {
            hits += session.Touch(run, 0, run.Count, ref sink);
        }

        string status = File.ReadLines("/proc/self/status")
            .First(l => l.StartsWith("RssAnon", StringComparison.Ordinal));
        long kibibytes = long.Parse(status.AsSpan(8, status.Length - 10), CultureInfo.InvariantCulture);
        GC.KeepAlive(sink);
        GC.KeepAlive(hits);
        Console.WriteLine((kibibytes * 1024).ToString(CultureInfo.InvariantCulture));
    }

    private static void Settle(Peer peer, int artifacts)
    {
        if (peer is PackStorePeer packStore)
        {
            long start = Stopwatch.GetTimestamp();
            while (packStore.Store.GetStats().Artifacts < artifacts &&
                Stopwatch.GetElapsedTime(start).TotalSeconds < 60)
            {
                Thread.Sleep(50);
            }

            peer.FlushAsync().GetAwaiter().GetResult();
        }
    }
}
