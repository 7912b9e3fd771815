using BenchmarkDotNet.Attributes;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>Open of a cleanly closed store in a running process, one hit, close.</summary>
[MemoryDiagnoser]
public class OpenBenchmarks
{
    private static readonly Corpus s_corpus = Corpus.Fixed(1024);
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"packstore-bdn-{Environment.ProcessId}");
    private KeyRun _run = KeyRun.Sequential(0, 1);

    [Params(1_000, 20_000)]
    public int Artifacts { get; set; }

    [GlobalSetup(Target = nameof(LooseFiles))]
    public void SetUpLooseFiles() => SetUp(PeerFactory.Loose);

    [GlobalSetup(Target = nameof(Lmdb))]
    public void SetUpLmdb() => SetUp(PeerFactory.Lmdb);

    [GlobalSetup(Target = nameof(Floor))]
    public void SetUpFloor() => SetUp(PeerFactory.Floor);

    [GlobalSetup(Target = nameof(PackStore))]
    public void SetUpPackStore() => SetUp(PeerFactory.PackStore);

    [GlobalCleanup]
    public void CleanUp() => Directory.Delete(_directory, recursive: true);

    [Benchmark(Baseline = true)]
    public ulong LooseFiles() => Open(PeerFactory.Loose);

    [Benchmark]
    public ulong Lmdb() => Open(PeerFactory.Lmdb);

    [Benchmark]
    public ulong Floor() => Open(PeerFactory.Floor);

    [Benchmark]
    public ulong PackStore() => Open(PeerFactory.PackStore);

    private void SetUp(string engine)
    {
        _run = KeyRun.Sequential(Artifacts / 2, 1);
        using Peer peer = Create(engine);
        peer.PutAsync(s_corpus, 0, Artifacts).GetAwaiter().GetResult();
        peer.FlushAsync().GetAwaiter().GetResult();
    }

    private ulong Open(string engine)
    {
        using Peer peer = Create(engine);
        using PeerSession session = peer.CreateSession();
        ulong sink = 0;
        return session.Touch(_run, 0, 1, ref sink) == 1
            ? sink
            : throw new InvalidOperationException($"{engine} missed what it holds.");
    }

    private Peer Create(string engine)
    {
        string directory = Path.Combine(_directory, engine);
        Directory.CreateDirectory(directory);
        Peer peer = PeerFactory.Create(engine);
        peer.Open(new PeerSetup(directory, Artifacts, s_corpus.LiveBytes(0, Artifacts)));
        return peer;
    }
}
