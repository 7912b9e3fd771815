using System.Diagnostics;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>What every workload works with: options, results, stores that live across workloads, key orders.</summary>
internal sealed class PeersContext(PeersOptions options) : IDisposable
{
    private readonly Dictionary<string, Peer> _fixtures = [];
    private readonly Dictionary<(long, int, string), KeyRun> _runs = [];
    private readonly Dictionary<string, string> _skipped = [];
    private int _directories;

    internal PeersOptions Options => options;

    internal ResultTable Results { get; } = new();

    /// <summary>Steps that ended in an exception.</summary>
    internal int Failures { get; private set; }

    internal IReadOnlyDictionary<string, string> Skipped => _skipped;

    internal static double NanosecondsPerTick => 1e9 / Stopwatch.Frequency;

    /// <summary>Runs a step for every engine, interleaved run by run and starting with another engine each time; an
    /// engine that cannot run here is left out from then on, with its reason; one that fails is left out of this
    /// step.</summary>
    internal void Interleave(Action<string> step, params string[] except)
    {
        string[] engines = [.. options.Engines.Except(except)];
        var failed = new HashSet<string>();
        for (int run = 0; run < options.Runs; run++)
        {
            for (int i = 0; i < engines.Length; i++)
            {
                string engine = engines[(i + run) % engines.Length];
                if (_skipped.ContainsKey(engine) || failed.Contains(engine))
                {
                    continue;
                }

                try
                {
                    step(engine);
                }
                catch (NotSupportedException e)
                {
                    _skipped[engine] = e.Message;
                    Log($"{engine} is left out: {e.Message}");
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    // The other engines' numbers are worth having; the run as a whole counts as failed.
                    failed.Add(engine);
                    Failures++;
                    Results.Notes.Add($"FAILED: {engine}: {e.Message}");
                    Log($"{engine} failed: {e}");
                }
            }
        }
    }

    /// <summary>A store with the given artifacts in it, read through once so that its pages are mapped; kept until
    /// <see cref="DropFixtures"/>.</summary>
    internal Peer Fixture(string engine, Corpus corpus, long artifacts, long spare)
    {
        if (_fixtures.TryGetValue(engine, out Peer? peer))
        {
            return peer;
        }

        Log($"  building the store of {engine}");
        peer = PeerFactory.Create(engine);
        artifacts = Math.Min(artifacts, peer.MaxArtifacts);
        peer.Open(new PeerSetup(NewDirectory(), artifacts + spare, corpus.LiveBytes(0, artifacts + spare)));
        _fixtures.Add(engine, peer);
        const int Piece = 50_000;
        using PeerSession session = peer.CreateSession();
        ulong sink = 0;
        for (long first = 0; first < artifacts; first += Piece)
        {
            int count = (int)Math.Min(Piece, artifacts - first);
            peer.PutAsync(corpus, first, count).GetAwaiter().GetResult();
        }

        peer.FlushAsync().GetAwaiter().GetResult();
        for (long first = 0; first < artifacts; first += Piece)
        {
            int count = (int)Math.Min(Piece, artifacts - first);
            int hits = session.ReadWhole(KeyRun.Sequential(first, count), 0, count, ref sink);
            if (hits != count)
            {
                throw new InvalidOperationException($"{engine} has {hits} of {count} artifacts put.");
            }
        }

        GC.KeepAlive(sink);
        return peer;
    }

    internal void DropFixtures()
    {
        foreach (Peer peer in _fixtures.Values)
        {
            peer.Dispose();
        }

        _fixtures.Clear();
        _runs.Clear();
        ClearDirectory();
    }

    /// <summary>A key order made once and used by every engine that has so many artifacts.</summary>
    internal KeyRun Run(string kind, long artifacts, int count)
    {
        if (!_runs.TryGetValue((artifacts, count, kind), out KeyRun? run))
        {
            run = kind switch
            {
                "uniform" => KeyRun.Uniform(artifacts, count, seed: 17),
                "zipf" => KeyRun.Zipf(artifacts, count, seed: 19),
                "absent" => KeyRun.Absent(count),
                _ => throw new ArgumentException($"No order is called '{kind}'.", nameof(kind)),
            };
            _runs.Add((artifacts, count, kind), run);
        }

        return run;
    }

    internal string NewDirectory()
    {
        string path = Path.Combine(options.Directory, $"store{_directories++}");
        Directory.CreateDirectory(path);
        return path;
    }

    internal void ClearDirectory()
    {
        foreach (string path in Directory.EnumerateDirectories(options.Directory))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    internal static void Log(string line) => Console.Error.WriteLine(line);

    public void Dispose()
    {
        DropFixtures();
        Directory.Delete(options.Directory, recursive: true);
    }
}
