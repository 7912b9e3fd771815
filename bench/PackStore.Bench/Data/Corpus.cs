namespace PackStore.Bench.Data;

/// <summary>What the benchmarks store: artifact number i always has the same key, metadata and payloads, in every
/// engine and every process, so that nothing but a number has to be passed around.</summary>
internal sealed class Corpus
{
    private const int PoolLength = 16 << 20;
    private const int ShapeCount = 4096;

    /// <summary>Artifacts from this number on are never put: their keys are the misses.</summary>
    internal const long FirstAbsent = 1L << 40;

    private static readonly Lazy<byte[]> s_pool = new(MakePool);
    private readonly int[] _lengths;
    private readonly int _metadataLength;

    private Corpus(int[] lengths, int payloadCount, int metadataLength)
    {
        _lengths = lengths;
        PayloadCount = payloadCount;
        _metadataLength = metadataLength;
        Names = [.. Enumerable.Range(0, payloadCount).Select(i => $"target/output_{i}.o")];
    }

    internal int PayloadCount { get; }

    internal string[] Names { get; }

    /// <summary>One payload of a fixed length and no metadata beside its name.</summary>
    internal static Corpus Fixed(int payloadBytes) => new([payloadBytes], 1, 0);

    /// <summary>300 bytes of metadata and three payloads of log-normal length, about 115 KB together.</summary>
    internal static Corpus Realistic()
    {
        var random = new Random(20240117);
        int[] lengths = new int[ShapeCount * 3];
        for (int i = 0; i < lengths.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) *
                Math.Cos(2 * Math.PI * random.NextDouble());
            lengths[i] = (int)Math.Clamp(Math.Exp(9.83 + (1.2 * normal)), 64, 2 << 20);
        }

        return new Corpus(lengths, 3, 300);
    }

    internal int PayloadLength(long artifact, int payload) => _lengths.Length == 1
        ? _lengths[0]
        : _lengths[((int)(artifact & (ShapeCount - 1)) * PayloadCount) + payload];

    internal ReadOnlyMemory<byte> Payload(long artifact, int payload) =>
        Slice(artifact, payload, PayloadLength(artifact, payload));

    internal ReadOnlyMemory<byte> Metadata(long artifact) => Slice(artifact, 7, _metadataLength);

    /// <summary>Key, metadata and payload bytes: what an engine without any overhead would have to keep.</summary>
    internal long LiveBytes(long first, long count)
    {
        long sum = count * (Keys.Length + _metadataLength);
        for (long i = first; i < first + count; i++)
        {
            for (int p = 0; p < PayloadCount; p++)
            {
                sum += PayloadLength(i, p);
            }
        }

        return sum;
    }

    private static ReadOnlyMemory<byte> Slice(long artifact, int salt, int length)
    {
        ulong place = Keys.Mix(((ulong)artifact << 3) + (uint)salt) % (ulong)(PoolLength - length + 1);
        return s_pool.Value.AsMemory((int)place & ~63, length);
    }

    private static byte[] MakePool()
    {
        byte[] pool = GC.AllocateUninitializedArray<byte>(PoolLength, pinned: true);
        new Random(4711).NextBytes(pool);
        return pool;
    }
}
