using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PackStore.Format;

/// <summary>Offsets and sizes of one entry of the payload table.</summary>
internal static class PayloadDescriptorLayout
{
    public const int PlaceOffset = 0;
    public const int PlaceSize = 4;
    public const int EncodingOffset = 4;
    public const int EncodingSize = 1;
    public const int TierOffset = 5;
    public const int TierSize = 1;
    public const int FlagsOffset = 6;
    public const int FlagsSize = 2;
    public const int StoredLengthOffset = 8;
    public const int StoredLengthSize = 8;
    public const int LengthOffset = 16;
    public const int LengthSize = 8;
    public const int ChecksumOffset = 24;
    public const int ChecksumSize = 8;
    public const int Size = 32;
}

/// <summary>Where the bytes of an output or stream are and what they must be.</summary>
/// <param name="Place">In a segment: offset from the record's start. Loose: which of the names the file has.</param>
/// <param name="Encoding">How they are stored.</param>
/// <param name="Tier">Where they are stored.</param>
/// <param name="SharesInode">The loose file is a hard link that others may write through.</param>
/// <param name="StoredLength">Bytes stored.</param>
/// <param name="Length">Bytes as the caller sees them.</param>
/// <param name="Checksum">Checksum of the stored bytes.</param>
internal readonly record struct PayloadDescriptor(
    uint Place, PayloadEncoding Encoding, PayloadTier Tier, bool SharesInode, long StoredLength, long Length,
        ulong Checksum)
{
    private const ushort SharesInodeFlag = 1;

    /// <summary>Writes it. On disk encoding and tier are one more than in the enum, so that zero is never
    /// valid.</summary>
    public void Write(Span<byte> d)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(d, Place);
        d[PayloadDescriptorLayout.EncodingOffset] = (byte)((int)Encoding + 1);
        d[PayloadDescriptorLayout.TierOffset] = (byte)((int)Tier + 1);
        BinaryPrimitives.WriteUInt16LittleEndian(
            d[PayloadDescriptorLayout.FlagsOffset..], SharesInode ? SharesInodeFlag : (ushort)0);
        BinaryPrimitives.WriteInt64LittleEndian(d[PayloadDescriptorLayout.StoredLengthOffset..], StoredLength);
        BinaryPrimitives.WriteInt64LittleEndian(d[PayloadDescriptorLayout.LengthOffset..], Length);
        BinaryPrimitives.WriteUInt64LittleEndian(d[PayloadDescriptorLayout.ChecksumOffset..], Checksum);
    }

    /// <summary>Reads it; whether it makes sense is said by <see cref="FindProblem"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PayloadDescriptor Read(ReadOnlySpan<byte> s) =>
        new(
            BinaryPrimitives.ReadUInt32LittleEndian(s),
            (PayloadEncoding)(s[PayloadDescriptorLayout.EncodingOffset] - 1),
            (PayloadTier)(s[PayloadDescriptorLayout.TierOffset] - 1),
            (s[PayloadDescriptorLayout.FlagsOffset] & SharesInodeFlag) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(s[PayloadDescriptorLayout.StoredLengthOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[PayloadDescriptorLayout.LengthOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(s[PayloadDescriptorLayout.ChecksumOffset..]));

    /// <summary>What is wrong with it, given where the body ends and how long the record is; null if nothing.</summary>
    public string? FindProblem(long bodyEnd, long recordLength)
    {
        bool sane = Encoding is PayloadEncoding.Raw or PayloadEncoding.Zstd
            && Tier is PayloadTier.Pack or PayloadTier.Loose
            && StoredLength >= 0 && Length >= 0
            && (Encoding != PayloadEncoding.Raw || StoredLength == Length)
            && (Tier == PayloadTier.Loose
                || (StoredLength == 0 ? Place <= recordLength : Place >= bodyEnd
                    && StoredLength <= recordLength - Place));
        return sane ? null : $"descriptor {this}";
    }
}
