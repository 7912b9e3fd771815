using PackStore.Format;
using PackStore.Index;

namespace PackStore.Tests.Index;

/// <summary>Random hashes by number, the same for the same count; the number is in the location.</summary>
internal sealed class HashList : IHashSource
{
    private readonly ulong[] _hashes;

    public HashList(int count, ulong mask)
    {
        Random random = new(count);
        _hashes = [.. Enumerable.Range(0, count).Select(_ => ((ulong)random.NextInt64() << 1) & mask)];
    }

    public ulong this[int number] => _hashes[number];

    public Func<int, bool> Unreadable { get; init; } = _ => false;

    public int Reads { get; private set; }

    public static RecordLocation Location(int number) => new(1 + (number >> 16), (long)(number & 0xFFFF) << 6);

    public bool TryReadHash(ulong word, out ulong hash)
    {
        Reads++;
        int number = ((IndexWord.SegmentId(word) - 1) << 16) | (int)(IndexWord.Offset(word) >> 6);
        bool known = (uint)number < (uint)_hashes.Length && !Unreadable(number);
        hash = known ? _hashes[number] : 0;
        return known;
    }
}
