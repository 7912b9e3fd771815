namespace PackStore.Bench.Data;

/// <summary>A read order made before the clock starts: the keys lie in memory in the order they will be asked for, in
/// both forms engines take, so that fetching the next key costs the same sequential read everywhere.</summary>
internal sealed class KeyRun
{
    private readonly byte[] _bytes;

    private KeyRun(long[] artifacts)
    {
        Artifacts = artifacts;
        _bytes = new byte[artifacts.Length * Data.Keys.Length];
        Keys = new ArtifactKey[artifacts.Length];
        for (int i = 0; i < artifacts.Length; i++)
        {
            Data.Keys.Write(artifacts[i], _bytes.AsSpan(i * Data.Keys.Length));
            Keys[i] = ArtifactKey.FromBytes(Bytes(i));
        }
    }

    internal int Count => Artifacts.Length;

    internal long[] Artifacts { get; }

    internal ArtifactKey[] Keys { get; }

    internal ReadOnlySpan<byte> Bytes(int index) => _bytes.AsSpan(index * Data.Keys.Length, Data.Keys.Length);

    internal static KeyRun Uniform(long artifacts, int count, int seed)
    {
        var random = new Random(seed);
        return new KeyRun([.. Enumerable.Range(0, count).Select(_ => random.NextInt64(artifacts))]);
    }

    internal static KeyRun Sequential(long first, int count) =>
        new([.. Enumerable.Range(0, count).Select(i => first + i)]);

    internal static KeyRun Absent(int count) => Sequential(Corpus.FirstAbsent, count);

    /// <summary>Zipf with exponent 0.99 by inversion of the exact distribution; popular artifacts lie
    /// anywhere.</summary>
    internal static KeyRun Zipf(long artifacts, int count, int seed)
    {
        double[] cumulative = new double[artifacts];
        double sum = 0;
        for (long i = 0; i < artifacts; i++)
        {
            sum += Math.Pow(i + 1, -0.99);
            cumulative[i] = sum;
        }

        var random = new Random(seed);
        long[] order = new long[count];
        for (int i = 0; i < count; i++)
        {
            int rank = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            rank = Math.Min(rank < 0 ? ~rank : rank, (int)artifacts - 1);
            order[i] = (long)(Data.Keys.Mix((ulong)rank) % (ulong)artifacts);
        }

        return new KeyRun(order);
    }
}
