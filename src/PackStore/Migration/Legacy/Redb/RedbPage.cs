using System.Buffers.Binary;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>
/// The inside of a page: a leaf has keys and values, a branch links to children. All offsets were checked when one is
/// made; keys and values are of variable width.
/// </summary>
internal sealed class RedbPage
{
    private const byte LeafKind = 1;
    private const byte BranchKind = 2;
    private const int CountOffset = 2;
    private const int LeafFrontBytes = 4;
    private const int BranchFrontBytes = 8;
    private const int ChecksumBytes = 16;

    private readonly ReadOnlyMemory<byte> _bytes;

    private RedbPage(ReadOnlyMemory<byte> bytes, bool isLeaf, int count)
    {
        _bytes = bytes;
        IsLeaf = isLeaf;
        Count = count;
    }

    /// <summary>Whether it holds entries; else children.</summary>
    public bool IsLeaf { get; }

    /// <summary>Number of entries or children.</summary>
    public int Count { get; }

    /// <summary>Bytes that kind, count and offsets take; 0 if no page begins like this.</summary>
    public static long MeasureFront(ReadOnlySpan<byte> front)
    {
        long count = BinaryPrimitives.ReadUInt16LittleEndian(front[CountOffset..]);
        return front[0] switch
        {
            LeafKind => LeafFrontBytes + (2 * sizeof(uint) * count),
            BranchKind when count > 0 => BranchFrontBytes + ((ChecksumBytes + sizeof(ulong)) * (count + 1))
                + (sizeof(uint) * count),
            _ => 0,
        };
    }

    /// <summary>The end of what is used, according to a whole front: the last of its offsets.</summary>
    public static long MeasureUsed(ReadOnlySpan<byte> front)
    {
        bool isEmpty = BinaryPrimitives.ReadUInt16LittleEndian(front[CountOffset..]) == 0;
        return isEmpty ? front.Length : BinaryPrimitives.ReadUInt32LittleEndian(front[^sizeof(uint)..]);
    }

    /// <summary>Checks the offsets of a page that was read to the end of what it uses.</summary>
    public static RedbPage? TryMake(ReadOnlyMemory<byte> used)
    {
        ReadOnlySpan<byte> s = used.Span;
        int front = (int)MeasureFront(s);
        bool isLeaf = s[0] == LeafKind;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(s[CountOffset..]);

        // Keys then values in a leaf, keys only in a branch: either way ends that never step back, from the front on.
        ReadOnlySpan<byte> ends = isLeaf ? s[LeafFrontBytes..front] : s[(front - (count * sizeof(uint)))..front];
        long at = front;
        for (; !ends.IsEmpty; ends = ends[sizeof(uint)..])
        {
            uint end = BinaryPrimitives.ReadUInt32LittleEndian(ends);
            if (end < at || end > s.Length)
            {
                return null;
            }

            at = end;
        }

        return new RedbPage(used, isLeaf, isLeaf ? count : count + 1);
    }

    /// <summary>An entry of a leaf.</summary>
    public RedbEntry Entry(int index) => new(Between(index), Between(Count + index));

    /// <summary>A child of a branch.</summary>
    public RedbLink Child(int index)
    {
        ReadOnlySpan<byte> s = _bytes.Span[BranchFrontBytes..];
        return new RedbLink(
            BinaryPrimitives.ReadUInt64LittleEndian(s[((ChecksumBytes * Count) + (sizeof(ulong) * index))..]),
            BinaryPrimitives.ReadUInt128LittleEndian(s[(ChecksumBytes * index)..]));
    }

    // From the end before to this one; before the first is the front.
    private ReadOnlyMemory<byte> Between(int index)
    {
        ReadOnlySpan<byte> ends = _bytes.Span[LeafFrontBytes..];
        int start = index == 0
            ? LeafFrontBytes + (2 * sizeof(uint) * Count)
            : (int)BinaryPrimitives.ReadUInt32LittleEndian(ends[((index - 1) * sizeof(uint))..]);
        int end = (int)BinaryPrimitives.ReadUInt32LittleEndian(ends[(index * sizeof(uint))..]);
        return _bytes[start..end];
    }
}
