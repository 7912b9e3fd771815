using System.Buffers.Binary;

namespace PackStore.Format;

/// <summary>Offsets and sizes of the front of an index snapshot.</summary>
internal static class SnapshotHeaderLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 8;
    public const int VersionOffset = 8;
    public const int VersionSize = 4;
    public const int FlagsOffset = 12;
    public const int FlagsSize = 4;
    public const int StoreIdOffset = 16;
    public const int StoreIdSize = 16;
    public const int GenerationOffset = 32;
    public const int GenerationSize = 8;
    public const int WatermarkSegmentOffset = 40;
    public const int WatermarkSegmentSize = 8;
    public const int WatermarkOffsetOffset = 48;
    public const int WatermarkOffsetSize = 8;
    public const int SequenceOffset = 56;
    public const int SequenceSize = 8;
    public const int BucketsOffset = 64;
    public const int BucketsSize = 8;
    public const int OverflowOffset = 72;
    public const int OverflowSize = 8;
    public const int EntriesOffset = 80;
    public const int EntriesSize = 8;
    public const int HashSeedOffset = 88;
    public const int HashSeedSize = 8;
    public const int ChunksOffset = 96;
    public const int ChunksSize = 8;
    public const int ReservedOffset = 104;
    public const int ReservedSize = 16;
    public const int ChecksumOffset = 120;
    public const int ChecksumSize = 8;
    public const int Size = 128;
}

/// <summary>
/// The front of an index snapshot: a file of four sections (buckets, recency, overflow buckets, their recency), each
/// starting on a
/// page, then one checksum for each chunk of the sections.
/// </summary>
/// <param name="StoreId">The store.</param>
/// <param name="Generation">Grows with each snapshot; also the file's name.</param>
/// <param name="Watermark">Every record before this place is in the snapshot, or superseded by one that is.</param>
/// <param name="Sequence">The greatest sequence number before the watermark.</param>
/// <param name="Buckets">Number of buckets.</param>
/// <param name="Overflow">Number of overflow buckets.</param>
/// <param name="Entries">Slots in use.</param>
/// <param name="HashSeed">The seed the hashes were made with.</param>
internal sealed record SnapshotHeader(
    Guid StoreId, ulong Generation, RecordLocation Watermark, ulong Sequence, int Buckets, int Overflow, long Entries,
    ulong HashSeed)
{
    private const uint LeftOutFlag = 1;

    /// <summary>Whether records before the watermark that nothing supersedes are not in it: they were
    /// evicted.</summary>
    public bool HasLeftOut { get; init; }

    /// <summary>"PKINDEX1" as bytes.</summary>
    public const ulong Magic = 0x3158_4544_4E49_4B50;

    /// <summary>Sections start at multiples of this.</summary>
    public const int SectionAlignment = 4096;

    /// <summary>Bytes of a bucket.</summary>
    public const int BucketBytes = 64;

    /// <summary>Slots of a bucket, behind its control word.</summary>
    public const int SlotsPerBucket = 7;

    /// <summary>Bytes of a bucket's recency: eight hours, the first unused.</summary>
    public const int RecencyBytes = 16;

    /// <summary>Bytes under one checksum.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Where the buckets start.</summary>
    public static long BucketsAt => SectionAlignment;

    /// <summary>Where the recency column starts.</summary>
    public long RecencyAt => BucketsAt + Align((long)Buckets * BucketBytes);

    /// <summary>Where the overflow buckets start.</summary>
    public long OverflowAt => RecencyAt + Align((long)Buckets * RecencyBytes);

    /// <summary>Where their recency starts.</summary>
    public long OverflowRecencyAt => OverflowAt + Align((long)Overflow * BucketBytes);

    /// <summary>Where the chunk checksums start.</summary>
    public long ChecksumsAt => OverflowRecencyAt + Align((long)Overflow * RecencyBytes);

    /// <summary>Number of chunks from <see cref="BucketsAt"/> to <see cref="ChecksumsAt"/>.</summary>
    public long Chunks => (ChecksumsAt - BucketsAt + ChunkBytes - 1) / ChunkBytes;

    /// <summary>The exact length of the file.</summary>
    public long FileBytes => ChecksumsAt + (Chunks * sizeof(ulong));

    /// <summary>Rounds up to a section's start.</summary>
    public static long Align(long bytes) => (bytes + SectionAlignment - 1) & ~(long)(SectionAlignment - 1);

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> d = destination[..SnapshotHeaderLayout.Size];
        d.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(d, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(d[SnapshotHeaderLayout.VersionOffset..], FormatVersion.Current);
        BinaryPrimitives.WriteUInt32LittleEndian(
            d[SnapshotHeaderLayout.FlagsOffset..], HasLeftOut ? LeftOutFlag : 0);
        StoreId.TryWriteBytes(d[SnapshotHeaderLayout.StoreIdOffset..]);
        BinaryPrimitives.WriteUInt64LittleEndian(d[SnapshotHeaderLayout.GenerationOffset..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.WatermarkSegmentOffset..], Watermark.SegmentId);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.WatermarkOffsetOffset..], Watermark.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(d[SnapshotHeaderLayout.SequenceOffset..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.BucketsOffset..], Buckets);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.OverflowOffset..], Overflow);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.EntriesOffset..], Entries);
        BinaryPrimitives.WriteUInt64LittleEndian(d[SnapshotHeaderLayout.HashSeedOffset..], HashSeed);
        BinaryPrimitives.WriteInt64LittleEndian(d[SnapshotHeaderLayout.ChunksOffset..], Chunks);
        BinaryPrimitives.WriteUInt64LittleEndian(
            d[SnapshotHeaderLayout.ChecksumOffset..], Checksum.Of(d[..SnapshotHeaderLayout.ChecksumOffset]));
    }

    /// <summary>Reads and checks it against the store and the file's length; null with what was wrong.</summary>
    public static SnapshotHeader? TryRead(ReadOnlySpan<byte> s, StoreIdentity store, long fileLength,
        out string problem)
    {
        problem = "no snapshot header";
        if (s.Length < SnapshotHeaderLayout.Size || BinaryPrimitives.ReadUInt64LittleEndian(s) != Magic)
        {
            return null;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(s[SnapshotHeaderLayout.VersionOffset..]);
        ulong found = BinaryPrimitives.ReadUInt64LittleEndian(s[SnapshotHeaderLayout.ChecksumOffset..]);
        ulong expected = Checksum.Of(s[..SnapshotHeaderLayout.ChecksumOffset]);
        if (version != FormatVersion.Current || found != expected)
        {
            problem = $"version {version}, checksum {found:x16}, expected {FormatVersion.Current}, {expected:x16}";
            return null;
        }

        long buckets = BinaryPrimitives.ReadInt64LittleEndian(s[SnapshotHeaderLayout.BucketsOffset..]);
        long overflow = BinaryPrimitives.ReadInt64LittleEndian(s[SnapshotHeaderLayout.OverflowOffset..]);
        long segment = BinaryPrimitives.ReadInt64LittleEndian(s[SnapshotHeaderLayout.WatermarkSegmentOffset..]);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(s[SnapshotHeaderLayout.WatermarkOffsetOffset..]);
        long entries = BinaryPrimitives.ReadInt64LittleEndian(s[SnapshotHeaderLayout.EntriesOffset..]);
        problem = $"{entries} entries in {buckets} buckets, {overflow} overflow buckets, watermark {segment}@{offset}";
        if (buckets is < 1 or > int.MaxValue || overflow is < 0 or > IndexControl.MaxOverflow
            || segment is < 0 or > FormatLimits.MaxSegmentId || offset is < 0 or > FormatLimits.MaxSegmentBytes
            || entries < 0 || entries > (buckets + overflow) * SlotsPerBucket)
        {
            return null;
        }

        SnapshotHeader header = new(
            new Guid(s.Slice(SnapshotHeaderLayout.StoreIdOffset, SnapshotHeaderLayout.StoreIdSize)),
            BinaryPrimitives.ReadUInt64LittleEndian(s[SnapshotHeaderLayout.GenerationOffset..]),
            new RecordLocation((int)segment, offset),
            BinaryPrimitives.ReadUInt64LittleEndian(s[SnapshotHeaderLayout.SequenceOffset..]),
            (int)buckets,
            (int)overflow,
            entries,
            BinaryPrimitives.ReadUInt64LittleEndian(s[SnapshotHeaderLayout.HashSeedOffset..]))
        {
            HasLeftOut =
                (BinaryPrimitives.ReadUInt32LittleEndian(s[SnapshotHeaderLayout.FlagsOffset..]) & LeftOutFlag) != 0,
        };
        problem = $"{fileLength} bytes of store {header.StoreId}, expected {header.FileBytes} of {store.StoreId}";
        return header.StoreId == store.StoreId && header.HashSeed == store.HashSeed
            && header.FileBytes == fileLength ? header : null;
    }
}
