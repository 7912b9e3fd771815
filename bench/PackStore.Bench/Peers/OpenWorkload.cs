using System.Diagnostics;
using System.Globalization;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Peers;

/// <summary>From the start of a new process to its first hit, at three sizes: after a clean close, after a kill -9 in
/// the middle of puts, and with the index gone. Artifacts of 100 bytes; the page cache is warm.</summary>
internal sealed class OpenWorkload(string id, string title, int small, int middle, int large) : Workload(id, title)
{
    private static readonly Corpus s_corpus = Corpus.Fixed(OpenChild.PayloadBytes);

    internal override void Run(PeersContext context)
    {
        foreach ((string name, int artifacts) in new[] { ("small", small), ("middle", middle), ("large", large) })
        {
            var directories = new Dictionary<string, string>();
            context.Interleave(
                engine => Step(context, engine, name, artifacts, directories), PeerFactory.PackStoreBatch);
            context.ClearDirectory();
        }
    }

    private void Step(
        PeersContext context, string engine, string size, int artifacts, Dictionary<string, string> directories)
    {
        if (!directories.TryGetValue(engine, out string? directory))
        {
            using Peer peer = PeerFactory.Create(engine);
            if (peer.MaxArtifacts < artifacts)
            {
                return;
            }

            directory = context.NewDirectory();
            long all = artifacts + OpenChild.ArtifactsBeforeKill;
            peer.Open(new PeerSetup(directory, all, s_corpus.LiveBytes(0, all)));
            for (int at = 0; at < artifacts; at += 50_000)
            {
                peer.PutAsync(s_corpus, at, Math.Min(50_000, artifacts - at)).GetAwaiter().GetResult();
            }

            peer.FlushAsync().GetAwaiter().GetResult();
            directories.Add(engine, directory);
        }

        Measure(context, engine, size, "clean", artifacts, directory);
        if (engine == PeerFactory.Floor)
        {
            return;
        }

        Kill(engine, directory, artifacts);
        Measure(context, engine, size, "kill", artifacts, directory);
        string index = Path.Combine(directory, "index");
        if (engine == PeerFactory.PackStore && Directory.Exists(index))
        {
            Directory.Delete(index, recursive: true);
            Measure(context, engine, size, "no-index", artifacts, directory);
            using Process settle = OpenChild.Start(OpenChild.SettleVerb, engine, directory, artifacts);
            settle.WaitForExit();
        }
    }

    private void Measure(
        PeersContext context, string engine, string size, string state, int artifacts, string directory)
    {
        long start = Stopwatch.GetTimestamp();
        using Process child = OpenChild.Start(OpenChild.OpenVerb, engine, directory, artifacts);
        string? line = child.StandardOutput.ReadLine();
        double wall = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string[] words = (line ?? "").Split(' ');
        if (words is not ["HIT", _])
        {
            throw new InvalidOperationException($"{Id} {engine} {size} {state}: '{line}'.");
        }

        string? memory = child.StandardOutput.ReadLine();
        child.WaitForExit();
        string what = $"{Title}, {artifacts:n0} artifacts, {state}";
        context.Results.Add($"{Id}.{size}.{state}", what + ", whole process", "ms", false, engine, wall);
        context.Results.Add($"{Id}.{size}.{state}.call", what + ", from the open call", "ms", false, engine,
            double.Parse(words[1], CultureInfo.InvariantCulture));
        if (state == "clean" && memory is not null)
        {
            context.Results.Add($"{Id}.{size}.memory", $"{what}, anonymous memory after 200,000 gets, per artifact",
                "B", false, engine, double.Parse(memory, CultureInfo.InvariantCulture) / artifacts);
        }
    }

    /// <summary>Has a child put some more and ends it, by its id, while it puts.</summary>
    private static void Kill(string engine, string directory, int artifacts)
    {
        using Process child = OpenChild.Start(OpenChild.DirtyVerb, engine, directory, artifacts);
        string? line = child.StandardOutput.ReadLine();
        child.Kill();
        child.WaitForExit();
        if (line != "READY")
        {
            throw new InvalidOperationException($"The child to be killed said '{line}'.");
        }
    }
}
