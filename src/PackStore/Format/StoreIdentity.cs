using System.Buffers.Binary;

namespace PackStore.Format;

/// <summary>Offsets and sizes of one copy of the identity in STORE.</summary>
internal static class StoreIdentityLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int VersionOffset = 8;
    public const int VersionSize = 4;
    public const int ReservedOffset = 12;
    public const int ReservedSize = 4;
    public const int CompatibleOffset = 16;
    public const int CompatibleSize = 8;
    public const int ReadOnlyCompatibleOffset = 24;
    public const int ReadOnlyCompatibleSize = 8;
    public const int IncompatibleOffset = 32;
    public const int IncompatibleSize = 8;
    public const int StoreIdOffset = 40;
    public const int StoreIdSize = 16;
    public const int CreatedOffset = 56;
    public const int CreatedSize = 8;
    public const int SegmentSizeOffset = 64;
    public const int SegmentSizeSize = 8;
    public const int HashSeedOffset = 72;
    public const int HashSeedSize = 8;
    public const int Reserved2Offset = 80;
    public const int Reserved2Size = 40;
    public const int ChecksumOffset = 120;
    public const int ChecksumSize = 8;
    public const int Size = 128;
}

/// <summary>Who a store is and what it needs of its readers. STORE holds it twice, in separate sectors.</summary>
/// <param name="StoreId">Random, made at creation.</param>
/// <param name="CreatedUnixMs">Milliseconds since 1970; hours of the recency column count from a year before.</param>
/// <param name="SegmentSizeBytes">Size of new segments unless an option says otherwise.</param>
/// <param name="HashSeed">Seed of <see cref="KeyHash"/>.</param>
internal sealed record StoreIdentity(Guid StoreId, long CreatedUnixMs, long SegmentSizeBytes, ulong HashSeed)
{
    /// <summary>"PKSTORE1" as bytes.</summary>
    public const ulong Magic = 0x3145_524F_5453_4B50;

    /// <summary>Days before a store's creation at which the hours of its recency column start: what is brought in from
    /// elsewhere may have been used before. 65,535 hours are seven and a half years.</summary>
    public const int RecencyLeadDays = 366;

    private const long LatestUnixMs = 250_246_195_200_000;

    /// <summary>The start of hour 0 of the recency column, milliseconds since 1970: a whole hour of UTC, so that hours
    /// of one store are hours of another. What STORE says is taken as between 1970 and 9900.</summary>
    public long FirstHourUnixMs =>
        (Math.Clamp(CreatedUnixMs, 0, LatestUnixMs) / 3_600_000L * 3_600_000L) - (RecencyLeadDays * 86_400_000L);

    /// <summary>The hour of a time, 0 to 65,535.</summary>
    public int HourOf(DateTimeOffset time) =>
        (int)Math.Clamp((time.ToUnixTimeMilliseconds() - FirstHourUnixMs) / 3_600_000, 0, ushort.MaxValue);

    /// <summary>Where the copies stand in STORE.</summary>
    public const int SecondCopyOffset = 4096;

    /// <summary>Length of STORE in bytes.</summary>
    public const int FileBytes = 8192;

    /// <summary>Features, written by a newer version perhaps.</summary>
    public FormatFeatures Features { get; init; }

    /// <summary>Writes one copy.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> d = destination[..StoreIdentityLayout.Size];
        d.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(d, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(d[StoreIdentityLayout.VersionOffset..], FormatVersion.Current);
        WriteBody(d);
        BinaryPrimitives.WriteUInt64LittleEndian(
            d[StoreIdentityLayout.ChecksumOffset..], Checksum.Of(d[..StoreIdentityLayout.ChecksumOffset]));
    }

    /// <summary>Reads one copy: magic, then checksum. Version and features are the caller's to judge, see
    /// <see cref="FormatFeatures"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out StoreIdentity? identity, out uint version)
    {
        identity = null;
        version = 0;
        if (source.Length < StoreIdentityLayout.Size
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(source[StoreIdentityLayout.ChecksumOffset..])
                != Checksum.Of(source[..StoreIdentityLayout.ChecksumOffset]))
        {
            return false;
        }

        version = BinaryPrimitives.ReadUInt32LittleEndian(source[StoreIdentityLayout.VersionOffset..]);
        identity = ReadBody(source);
        return true;
    }

    /// <summary>The fields from the feature bits to the hash seed stand at the same offsets in a segment
    /// header.</summary>
    internal void WriteBody(Span<byte> d)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(d[StoreIdentityLayout.CompatibleOffset..], Features.Compatible);
        BinaryPrimitives.WriteUInt64LittleEndian(
            d[StoreIdentityLayout.ReadOnlyCompatibleOffset..], Features.ReadOnlyCompatible);
        BinaryPrimitives.WriteUInt64LittleEndian(d[StoreIdentityLayout.IncompatibleOffset..], Features.Incompatible);
        StoreId.TryWriteBytes(d[StoreIdentityLayout.StoreIdOffset..]);
        BinaryPrimitives.WriteInt64LittleEndian(d[StoreIdentityLayout.CreatedOffset..], CreatedUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(d[StoreIdentityLayout.SegmentSizeOffset..], SegmentSizeBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(d[StoreIdentityLayout.HashSeedOffset..], HashSeed);
    }

    internal static StoreIdentity ReadBody(ReadOnlySpan<byte> s) =>
        new(
            new Guid(s.Slice(StoreIdentityLayout.StoreIdOffset, StoreIdentityLayout.StoreIdSize)),
            BinaryPrimitives.ReadInt64LittleEndian(s[StoreIdentityLayout.CreatedOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[StoreIdentityLayout.SegmentSizeOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(s[StoreIdentityLayout.HashSeedOffset..]))
        {
            Features = new FormatFeatures(
                BinaryPrimitives.ReadUInt64LittleEndian(s[StoreIdentityLayout.CompatibleOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(s[StoreIdentityLayout.ReadOnlyCompatibleOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(s[StoreIdentityLayout.IncompatibleOffset..])),
        };
}
