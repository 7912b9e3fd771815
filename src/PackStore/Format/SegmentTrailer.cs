using System.Buffers.Binary;

namespace PackStore.Format;

/// <summary>Offsets and sizes of the last 64 bytes of a sealed segment's file.</summary>
internal static class SegmentTrailerLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int StoreIdOffset = 8;
    public const int StoreIdSize = 16;
    public const int SegmentIdOffset = 24;
    public const int SegmentIdSize = 4;
    public const int ReservedOffset = 28;
    public const int ReservedSize = 4;
    public const int FooterOffsetOffset = 32;
    public const int FooterOffsetSize = 8;
    public const int CommittedEndOffset = 40;
    public const int CommittedEndSize = 8;
    public const int Reserved2Offset = 48;
    public const int Reserved2Size = 8;
    public const int ChecksumOffset = 56;
    public const int ChecksumSize = 8;
    public const int Size = 64;
}

/// <summary>Where a sealed segment's footer stands, which is also found by walking the records; and whose segment it
/// is, should the header be damaged.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="SegmentId">The segment.</param>
/// <param name="FooterOffset">Offset of the final directory block.</param>
/// <param name="CommittedEnd">Offset behind it: no record beyond.</param>
internal sealed record SegmentTrailer(Guid StoreId, int SegmentId, long FooterOffset, long CommittedEnd)
{
    /// <summary>"PKTRAIL1" as bytes.</summary>
    public const ulong Magic = 0x314C_4941_5254_4B50;

    /// <summary>Whether it stands in for a damaged header: not if a later version has put something into what is
    /// reserved here, for that may be how to read the records.</summary>
    public bool CanStandIn => Reserved == default;

    private (uint First, ulong Second) Reserved { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> d = destination[..SegmentTrailerLayout.Size];
        d.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(d, Magic);
        StoreId.TryWriteBytes(d[SegmentTrailerLayout.StoreIdOffset..]);
        BinaryPrimitives.WriteInt32LittleEndian(d[SegmentTrailerLayout.SegmentIdOffset..], SegmentId);
        BinaryPrimitives.WriteUInt32LittleEndian(d[SegmentTrailerLayout.ReservedOffset..], Reserved.First);
        BinaryPrimitives.WriteUInt64LittleEndian(d[SegmentTrailerLayout.Reserved2Offset..], Reserved.Second);
        BinaryPrimitives.WriteInt64LittleEndian(d[SegmentTrailerLayout.FooterOffsetOffset..], FooterOffset);
        BinaryPrimitives.WriteInt64LittleEndian(d[SegmentTrailerLayout.CommittedEndOffset..], CommittedEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(
            d[SegmentTrailerLayout.ChecksumOffset..], Checksum.Of(d[..SegmentTrailerLayout.ChecksumOffset]));
    }

    /// <summary>Reads it if it is one, of that store and segment.</summary>
    public static SegmentTrailer? TryRead(ReadOnlySpan<byte> source, Guid storeId, int segmentId, long fileLength)
    {
        if (source.Length < SegmentTrailerLayout.Size
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(source[SegmentTrailerLayout.ChecksumOffset..])
                != Checksum.Of(source[..SegmentTrailerLayout.ChecksumOffset]))
        {
            return null;
        }

        SegmentTrailer trailer = new(
            new Guid(source.Slice(SegmentTrailerLayout.StoreIdOffset, SegmentTrailerLayout.StoreIdSize)),
            BinaryPrimitives.ReadInt32LittleEndian(source[SegmentTrailerLayout.SegmentIdOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[SegmentTrailerLayout.FooterOffsetOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[SegmentTrailerLayout.CommittedEndOffset..]))
        {
            Reserved = (
                BinaryPrimitives.ReadUInt32LittleEndian(source[SegmentTrailerLayout.ReservedOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(source[SegmentTrailerLayout.Reserved2Offset..])),
        };
        bool sane = trailer.StoreId == storeId && trailer.SegmentId == segmentId
            && trailer.FooterOffset >= SegmentHeaderLayout.Size
            && trailer.CommittedEnd > trailer.FooterOffset
                && trailer.CommittedEnd <= fileLength - SegmentTrailerLayout.Size;
        return sane ? trailer : null;
    }
}
