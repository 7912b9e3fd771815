using System.Runtime.CompilerServices;

namespace PackStore.Format;

/// <summary>
/// One slot of the index: tag (bits 63..48), segment number (47..26), offset in lines of 64 bytes (25..2), unused (1),
/// verified (0). Zero is
/// an empty slot: segment numbers start at 1.
/// </summary>
/// <remarks>The tag is 16 bits of the key's hash from the bucket's tag base on. The verified bit says that this process
/// checked
/// the record's checksums; it is never written to a snapshot.</remarks>
internal static class IndexWord
{
    public const int TagShift = 48;
    public const int SegmentShift = 26;
    public const int LineShift = 2;
    public const int LineBits = 24;
    public const ulong Verified = 1;

    /// <summary>No slot's word, for segment numbers start at 1: said of a hash that has none.</summary>
    public const ulong Absent = 2;

    public const ulong TagMask = 0xFFFFUL << TagShift;

    /// <summary>Everything but tag and bits that only this process knows.</summary>
    public const ulong LocationMask = ~TagMask & ~3UL;

    /// <summary>Makes a word.</summary>
    public static ulong Make(ulong tag, RecordLocation location) =>
        (tag << TagShift) | ((ulong)location.SegmentId << SegmentShift) | ((ulong)(location.Offset >> 6) << LineShift);

    /// <summary>The 16 bits of a hash from <paramref name="tagBase"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Tag(ulong hash, int tagBase) => (hash >> tagBase) & 0xFFFF;

    /// <summary>The segment number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SegmentId(ulong word) => (int)(word >> SegmentShift) & FormatLimits.MaxSegmentId;

    /// <summary>The offset in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Offset(ulong word) => (long)((word >> LineShift) & ((1UL << LineBits) - 1)) << 6;

    /// <summary>Segment and offset.</summary>
    public static RecordLocation Location(ulong word) => new(SegmentId(word), Offset(word));

    /// <summary>Whether two words lead to the same record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool SameLocation(ulong a, ulong b) => ((a ^ b) & LocationMask) == 0;
}

/// <summary>
/// The first word of an index bucket: number of the overflow bucket plus one, or 0 (bits 63..40), hour of the touched
/// bits (39..24), unused
/// (23..13), tag base (12..7), touched (6..0: one bit a slot).
/// </summary>
internal static class IndexControl
{
    public const int OverflowShift = 40;
    public const int HourShift = 24;
    public const int TagBaseShift = 7;
    public const ulong TouchedMask = 0x7F;
    public const ulong HourMask = 0xFFFFUL << HourShift;
    public const ulong TagBaseMask = 0x3FUL << TagBaseShift;
    public const ulong OverflowMask = ~0UL << OverflowShift;

    /// <summary>The greatest number of overflow buckets.</summary>
    public const int MaxOverflow = (1 << 24) - 2;

    /// <summary>Bit of the hash at which tags start.</summary>
    public static int TagBase(ulong control) => (int)(control >> TagBaseShift) & 63;

    public static int Overflow(ulong control) => (int)(control >> OverflowShift);

    public static ulong WithOverflow(ulong control, int overflow) =>
        (control & ~OverflowMask) | ((ulong)overflow << OverflowShift);

    public static int Hour(ulong control) => (int)((control & HourMask) >> HourShift);

    /// <summary>A control word with no overflow bucket and nothing touched.</summary>
    public static ulong Make(int tagBase) => (ulong)tagBase << TagBaseShift;
}
