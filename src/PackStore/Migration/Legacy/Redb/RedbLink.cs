using System.Buffers.Binary;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>A page and the checksum it must have, as whoever points at it stores them: that makes a tree of
/// hashes.</summary>
/// <param name="Page">The page number: index in its region, region, and order, packed.</param>
/// <param name="Checksum">XXH3-128 of the used bytes of the page.</param>
internal readonly record struct RedbLink(ulong Page, UInt128 Checksum)
{
    private const int PageBits = 20;
    private const ulong PageMask = (1UL << PageBits) - 1;
    private const int OrderShift = 59;

    /// <summary>Bytes of a tree header: page, checksum, number of entries.</summary>
    public const int TreeHeaderBytes = 32;

    /// <summary>The page holds 2^order base pages.</summary>
    public int Order => (int)(Page >> OrderShift);

    /// <summary>Which region it lies in.</summary>
    public int Region => (int)((Page >> PageBits) & PageMask);

    /// <summary>Number within the region, counted in pages of this order. The bits above it mean nothing.</summary>
    public int Index => Order > PageBits ? 0 : (int)(Page & (PageMask >> Order));

    /// <summary>Whether the bits between region and order, which no page number has, are zero, and the order can
    /// be.</summary>
    public bool IsPlausible => Order <= PageBits && ((Page >> (2 * PageBits)) & ((1UL << 19) - 1)) == 0;

    /// <summary>Reads a tree header.</summary>
    public static RedbLink ReadTreeHeader(ReadOnlySpan<byte> s, out ulong entries)
    {
        entries = BinaryPrimitives.ReadUInt64LittleEndian(s[24..]);
        return new RedbLink(
            BinaryPrimitives.ReadUInt64LittleEndian(s), BinaryPrimitives.ReadUInt128LittleEndian(s[8..]));
    }
}
