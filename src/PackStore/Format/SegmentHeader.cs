using System.Buffers.Binary;

namespace PackStore.Format;

/// <summary>Offsets and sizes of a segment header. Bytes 16 to 80 are those of the store's identity.</summary>
internal static class SegmentHeaderLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int VersionOffset = 8;
    public const int VersionSize = 4;
    public const int SegmentIdOffset = 12;
    public const int SegmentIdSize = 4;
    public const int CompatibleOffset = 16;
    public const int CompatibleSize = 8;
    public const int ReadOnlyCompatibleOffset = 24;
    public const int ReadOnlyCompatibleSize = 8;
    public const int IncompatibleOffset = 32;
    public const int IncompatibleSize = 8;
    public const int StoreIdOffset = 40;
    public const int StoreIdSize = 16;
    public const int StoreCreatedOffset = 56;
    public const int StoreCreatedSize = 8;
    public const int SegmentSizeOffset = 64;
    public const int SegmentSizeSize = 8;
    public const int HashSeedOffset = 72;
    public const int HashSeedSize = 8;
    public const int CapacityOffset = 80;
    public const int CapacitySize = 8;
    public const int CreatedOffset = 88;
    public const int CreatedSize = 8;
    public const int BootIdOffset = 96;
    public const int BootIdSize = 16;
    public const int ReservedOffset = 112;
    public const int ReservedSize = 136;
    public const int ChecksumOffset = 248;
    public const int ChecksumSize = 8;
    public const int Size = 256;
}

/// <summary>The front of a segment: enough to restore STORE from any one of them.</summary>
/// <param name="SegmentId">Number of the segment, as in its name.</param>
/// <param name="Store">The store's identity.</param>
/// <param name="CapacityBytes">No record, footer or trailer reaches beyond this offset.</param>
/// <param name="CreatedUnixMs">Milliseconds since 1970.</param>
/// <param name="BootId">The boot in which the segment was begun.</param>
internal sealed record SegmentHeader(
    int SegmentId, StoreIdentity Store, long CapacityBytes, long CreatedUnixMs, Guid BootId)
{
    /// <summary>"PKSEGMT1" as bytes.</summary>
    public const ulong Magic = 0x3154_4D47_4553_4B50;

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> d = destination[..SegmentHeaderLayout.Size];
        d.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(d, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(d[SegmentHeaderLayout.VersionOffset..], FormatVersion.Current);
        BinaryPrimitives.WriteInt32LittleEndian(d[SegmentHeaderLayout.SegmentIdOffset..], SegmentId);
        Store.WriteBody(d);
        BinaryPrimitives.WriteInt64LittleEndian(d[SegmentHeaderLayout.CapacityOffset..], CapacityBytes);
        BinaryPrimitives.WriteInt64LittleEndian(d[SegmentHeaderLayout.CreatedOffset..], CreatedUnixMs);
        BootId.TryWriteBytes(d[SegmentHeaderLayout.BootIdOffset..]);
        BinaryPrimitives.WriteUInt64LittleEndian(
            d[SegmentHeaderLayout.ChecksumOffset..], Checksum.Of(d[..SegmentHeaderLayout.ChecksumOffset]));
    }

    /// <summary>Reads and checks it; <paramref name="problem"/> says what was wrong.</summary>
    public static SegmentHeader? TryRead(ReadOnlySpan<byte> source, out string problem) =>
        TryRead(source, out problem, out _);

    /// <summary>Reads and checks it; <paramref name="problem"/> says what was wrong.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="isDamaged">Whether it is wrong because its bytes are not those that were written. If not, it says
    /// of itself that it is of another kind or version.</param>
    public static SegmentHeader? TryRead(ReadOnlySpan<byte> source, out string problem, out bool isDamaged)
    {
        isDamaged = true;
        if (source.Length < SegmentHeaderLayout.Size)
        {
            problem = $"{source.Length} bytes, expected a segment header of {SegmentHeaderLayout.Size}";
            return null;
        }

        ReadOnlySpan<byte> s = source[..SegmentHeaderLayout.Size];
        ulong found = BinaryPrimitives.ReadUInt64LittleEndian(s[SegmentHeaderLayout.ChecksumOffset..]);
        ulong expected = Checksum.Of(s[..SegmentHeaderLayout.ChecksumOffset]);
        isDamaged = found != expected;
        ulong magic = BinaryPrimitives.ReadUInt64LittleEndian(s);
        if (magic != Magic)
        {
            problem = $"magic {magic:x16}, expected {Magic:x16}";
            return null;
        }

        if (isDamaged)
        {
            problem = $"header checksum {found:x16}, expected {expected:x16}";
            return null;
        }

        SegmentHeader header = new(
            BinaryPrimitives.ReadInt32LittleEndian(s[SegmentHeaderLayout.SegmentIdOffset..]),
            StoreIdentity.ReadBody(s),
            BinaryPrimitives.ReadInt64LittleEndian(s[SegmentHeaderLayout.CapacityOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[SegmentHeaderLayout.CreatedOffset..]),
            new Guid(s.Slice(SegmentHeaderLayout.BootIdOffset, SegmentHeaderLayout.BootIdSize)));
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(s[SegmentHeaderLayout.VersionOffset..]);
        bool sane = header.Store.Features.CanRead(version)
            && header.CapacityBytes is >= SegmentHeaderLayout.Size and <= FormatLimits.MaxSegmentBytes;
        problem = sane ? "" : $"{header.Store.Features.Describe(version)}, capacity {header.CapacityBytes}";
        return sane ? header : null;
    }
}
