using BenchmarkDotNet.Attributes;
using PackStore.Bench.Engines;

namespace PackStore.Bench.Suites;

/// <summary>One artifact streamed in by pieces of 64 KiB, its length not announced; the store is begun
/// anew after 2,048 of them, so that the disk does not fill.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int PieceLength = 64 << 10;
    private const int Capacity = 2048;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"packstore-bdn-{Environment.ProcessId}");
    private readonly byte[] _piece = new byte[PieceLength];
    private Peer? _peer;
    private string _engine = "";
    private long _next;
    private int _stores;

    [Params(1, 32)]
    public int Pieces { get; set; }

    [GlobalSetup(Target = nameof(LooseFiles))]
    public void SetUpLooseFiles() => SetUp(PeerFactory.Loose);

    [GlobalSetup(Target = nameof(Lmdb))]
    public void SetUpLmdb() => SetUp(PeerFactory.Lmdb);

    [GlobalSetup(Target = nameof(Floor))]
    public void SetUpFloor() => SetUp(PeerFactory.Floor);

    [GlobalSetup(Target = nameof(PackStore))]
    public void SetUpPackStore() => SetUp(PeerFactory.PackStore);

    [GlobalCleanup]
    public void CleanUp()
    {
        _peer?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public long LooseFiles() => Stream();

    [Benchmark]
    public long Lmdb() => Stream();

    [Benchmark]
    public long Floor() => Stream();

    [Benchmark]
    public long PackStore() => Stream();

    private void SetUp(string engine)
    {
        _engine = engine;
        new Random(31).NextBytes(_piece);
        Restart();
    }

    private long Stream()
    {
        if (_next == Capacity)
        {
            Restart();
        }

        _peer!.StreamAsync(_next, _piece, Pieces).GetAwaiter().GetResult();
        return _next++;
    }

    private void Restart()
    {
        _peer?.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }

        string directory = Path.Combine(_directory, $"{_engine}{_stores++}");
        Directory.CreateDirectory(directory);
        _peer = PeerFactory.Create(_engine);
        _peer.Open(new PeerSetup(directory, Capacity, (long)Capacity * Pieces * PieceLength));
        _next = 0;
    }
}
