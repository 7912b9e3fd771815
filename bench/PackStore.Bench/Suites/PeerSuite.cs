using BenchmarkDotNet.Attributes;
using PackStore.Bench.Data;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>A BenchmarkDotNet suite of one operation on four engines, loose files being the base of the
/// ratios.</summary>
[MemoryDiagnoser]
public abstract class PeerSuite
{
    /// <summary>Operations in one invocation; the reported time is that of one.</summary>
    protected const int Operations = 256;

    private const int RunLength = 1 << 14;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"packstore-bdn-{Environment.ProcessId}");
    private Peer? _peer;
    private PeerSession? _session;
    private int _stores;

    [Params(10_000)]
    public int Artifacts { get; set; }

    private protected static Corpus Corpus { get; } = Corpus.Fixed(1024);

    private protected virtual bool Batched => false;

    private protected KeyRun Run { get; private set; } = KeyRun.Sequential(0, 1);

    /// <summary>Where the keys of <see cref="Run"/> are taken from next.</summary>
    private protected int Position { get; private set; }

    [GlobalSetup(Target = nameof(LooseFiles))]
    public void SetUpLooseFiles() => SetUp(PeerFactory.Loose);

    [GlobalSetup(Target = nameof(Lmdb))]
    public void SetUpLmdb() => SetUp(PeerFactory.Lmdb);

    [GlobalSetup(Target = nameof(Floor))]
    public void SetUpFloor() => SetUp(PeerFactory.Floor);

    [GlobalSetup(Target = nameof(PackStore))]
    public void SetUpPackStore() => SetUp(Batched ? PeerFactory.PackStoreBatch : PeerFactory.PackStore);

    [GlobalCleanup]
    public void CleanUp()
    {
        _session?.Dispose();
        _peer?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public ulong LooseFiles() => Invoke();

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Lmdb() => Invoke();

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Floor() => Invoke();

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong PackStore() => Invoke();

    private protected virtual KeyRun MakeRun() => KeyRun.Uniform(Artifacts, RunLength, seed: 29);

    /// <summary><see cref="Operations"/> operations; the result depends on all of them.</summary>
    private protected abstract ulong Operate(Peer peer, PeerSession session);

    /// <summary>Moves the store of this engine to an empty one, outside of what most invocations measure.</summary>
    private protected void Restart(ref Peer peer, string engine, long capacity)
    {
        _session?.Dispose();
        peer.Dispose();
        peer = Create(engine, capacity);
        _peer = peer;
        _session = peer.CreateSession();
    }

    private protected string Engine { get; private set; } = "";

    private ulong Invoke()
    {
        ulong result = Operate(_peer!, _session!);
        Position = (Position + Operations) % (Run.Count - Operations + 1);
        return result;
    }

    private void SetUp(string engine)
    {
        Engine = engine;
        Run = MakeRun();
        _peer = Create(engine, Capacity);
        _peer.PutAsync(Corpus, 0, Artifacts).GetAwaiter().GetResult();
        _peer.FlushAsync().GetAwaiter().GetResult();
        _session = _peer.CreateSession();
    }

    private protected virtual long Capacity => Artifacts;

    private Peer Create(string engine, long capacity)
    {
        string directory = Path.Combine(_directory, $"{engine}{_stores++}");
        Directory.CreateDirectory(directory);
        Peer peer = PeerFactory.Create(engine);
        peer.Open(new PeerSetup(directory, capacity, Corpus.LiveBytes(0, capacity)));
        return peer;
    }
}
