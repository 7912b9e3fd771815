using System.Buffers.Binary;

namespace PackStore.Format;

/// <summary>Offsets and sizes of the front of CHECKPOINT.</summary>
internal static class CheckpointRecordLayout
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
    public const int BootIdOffset = 40;
    public const int BootIdSize = 16;
    public const int SequenceOffset = 56;
    public const int SequenceSize = 8;
    public const int SnapshotOffset = 64;
    public const int SnapshotSize = 8;
    public const int SegmentCountOffset = 72;
    public const int SegmentCountSize = 4;
    public const int ReservedOffset = 76;
    public const int ReservedSize = 4;
    public const int ArtifactsOffset = 80;
    public const int ArtifactsSize = 8;
    public const int PayloadsOffset = 88;
    public const int PayloadsSize = 8;
    public const int LooseFilesOffset = 96;
    public const int LooseFilesSize = 8;
    public const int LooseBytesOffset = 104;
    public const int LooseBytesSize = 8;
    public const int Reserved2Offset = 112;
    public const int Reserved2Size = 8;
    public const int ChecksumOffset = 120;
    public const int ChecksumSize = 8;
    public const int Size = 128;
}

/// <summary>Offsets and sizes of one segment's entry in CHECKPOINT.</summary>
internal static class CheckpointSegmentLayout
{
    public const int SegmentIdOffset = 0;
    public const int SegmentIdSize = 4;
    public const int FlagsOffset = 4;
    public const int FlagsSize = 4;
    public const int CommittedEndOffset = 8;
    public const int CommittedEndSize = 8;
    public const int DurableEndOffset = 16;
    public const int DurableEndSize = 8;
    public const int DirectoryOffset = 24;
    public const int DirectorySize = 8;
    public const int LiveBytesOffset = 32;
    public const int LiveBytesSize = 8;
    public const int Size = 40;
}

/// <summary>A segment that must exist.</summary>
/// <param name="SegmentId">Its number.</param>
/// <param name="IsSealed">It has its footer; nothing is appended any more.</param>
/// <param name="CommittedEnd">Offset behind the last record when the checkpoint was written.</param>
/// <param name="DurableEnd">Offset up to which it was synced by then: a power cut cannot have taken that.</param>
/// <param name="DirectoryOffset">Offset of its last directory block, 0 if it has none.</param>
/// <param name="LiveBytes">Bytes of live records.</param>
internal readonly record struct CheckpointSegment(
    int SegmentId, bool IsSealed, long CommittedEnd, long DurableEnd, long DirectoryOffset, long LiveBytes);

/// <summary>Counts that are exact when the checkpoint is clean.</summary>
internal readonly record struct StoreCounters(long Artifacts, long Payloads, long LooseFiles, long LooseBytes);

/// <summary>
/// Which segments must exist and how far, and where recovery starts. Atomically replaced; the one before is kept as
/// CHECKPOINT.old.
/// </summary>
internal sealed record CheckpointRecord(
    Guid StoreId, ulong Generation, Guid BootId, ulong Sequence, ulong SnapshotGeneration, bool IsClean,
    StoreCounters Counters, IReadOnlyList<CheckpointSegment> Segments)
{
    /// <summary>"PKCHECK1" as bytes.</summary>
    public const ulong Magic = 0x314B_4345_4843_4B50;

    /// <summary>Whether it is an old generation that outlived its successor: it may name segments that were rightly
    /// removed since. Not on disk.</summary>
    public bool IsPast { get; init; }

    private const uint CleanFlag = 1;
    private const uint LeftOutFlag = 2;
    private const uint SealedFlag = 1;

    /// <summary>Whether the counts leave records out that only the snapshot named here leaves out too: they were
    /// evicted. With another index the counts do not hold.</summary>
    public bool HasLeftOut { get; init; }

    /// <summary>The whole file.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[CheckpointRecordLayout.Size + (Segments.Count * CheckpointSegmentLayout.Size)];
        Span<byte> d = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(d, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(d[CheckpointRecordLayout.VersionOffset..], FormatVersion.Current);
        BinaryPrimitives.WriteUInt32LittleEndian(
            d[CheckpointRecordLayout.FlagsOffset..], (IsClean ? CleanFlag : 0) | (HasLeftOut ? LeftOutFlag : 0));
        StoreId.TryWriteBytes(d[CheckpointRecordLayout.StoreIdOffset..]);
        BinaryPrimitives.WriteUInt64LittleEndian(d[CheckpointRecordLayout.GenerationOffset..], Generation);
        BootId.TryWriteBytes(d[CheckpointRecordLayout.BootIdOffset..]);
        BinaryPrimitives.WriteUInt64LittleEndian(d[CheckpointRecordLayout.SequenceOffset..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(d[CheckpointRecordLayout.SnapshotOffset..], SnapshotGeneration);
        BinaryPrimitives.WriteInt32LittleEndian(d[CheckpointRecordLayout.SegmentCountOffset..], Segments.Count);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointRecordLayout.ArtifactsOffset..], Counters.Artifacts);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointRecordLayout.PayloadsOffset..], Counters.Payloads);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointRecordLayout.LooseFilesOffset..], Counters.LooseFiles);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointRecordLayout.LooseBytesOffset..], Counters.LooseBytes);
        for (int i = 0; i < Segments.Count; i++)
        {
            WriteSegment(d[(CheckpointRecordLayout.Size + (i * CheckpointSegmentLayout.Size))..], Segments[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(d[CheckpointRecordLayout.ChecksumOffset..], ChecksumOf(d));
        return bytes;
    }

    /// <summary>Reads a whole file of a store; null with what was wrong.</summary>
    public static CheckpointRecord? TryDecode(ReadOnlySpan<byte> s, Guid storeId, out string problem)
    {
        if (s.Length < CheckpointRecordLayout.Size)
        {
            problem = $"{s.Length} bytes, expected at least {CheckpointRecordLayout.Size}";
            return null;
        }

        ulong magic = BinaryPrimitives.ReadUInt64LittleEndian(s);
        int count = BinaryPrimitives.ReadInt32LittleEndian(s[CheckpointRecordLayout.SegmentCountOffset..]);
        long expectedLength = CheckpointRecordLayout.Size + ((long)count * CheckpointSegmentLayout.Size);
        if (magic != Magic || count < 0 || s.Length != expectedLength)
        {
            problem = $"magic {magic:x16}, {s.Length} bytes, expected {Magic:x16}, {expectedLength}";
            return null;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(s[CheckpointRecordLayout.VersionOffset..]);
        if (version != FormatVersion.Current)
        {
            problem = $"version {version}, expected {FormatVersion.Current}";
            return null;
        }

        ulong found = BinaryPrimitives.ReadUInt64LittleEndian(s[CheckpointRecordLayout.ChecksumOffset..]);
        ulong expected = ChecksumOf(s);
        Guid id = new(s.Slice(CheckpointRecordLayout.StoreIdOffset, CheckpointRecordLayout.StoreIdSize));
        if (found != expected || id != storeId)
        {
            problem = $"checksum {found:x16} of store {id}, expected {expected:x16} of {storeId}";
            return null;
        }

        problem = "";
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(s[CheckpointRecordLayout.FlagsOffset..]);
        CheckpointSegment[] segments = new CheckpointSegment[count];
        for (int i = 0; i < count; i++)
        {
            segments[i] = ReadSegment(s[(CheckpointRecordLayout.Size + (i * CheckpointSegmentLayout.Size))..]);
        }

        return new CheckpointRecord(
            id,
            BinaryPrimitives.ReadUInt64LittleEndian(s[CheckpointRecordLayout.GenerationOffset..]),
            new Guid(s.Slice(CheckpointRecordLayout.BootIdOffset, CheckpointRecordLayout.BootIdSize)),
            BinaryPrimitives.ReadUInt64LittleEndian(s[CheckpointRecordLayout.SequenceOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(s[CheckpointRecordLayout.SnapshotOffset..]),
            (flags & CleanFlag) != 0,
            new StoreCounters(
                BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointRecordLayout.ArtifactsOffset..]),
                BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointRecordLayout.PayloadsOffset..]),
                BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointRecordLayout.LooseFilesOffset..]),
                BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointRecordLayout.LooseBytesOffset..])),
            segments)
        {
            HasLeftOut = (flags & LeftOutFlag) != 0,
        };
    }

    /// <summary>Everything but the checksum field itself, which counts as zero.</summary>
    private static ulong ChecksumOf(ReadOnlySpan<byte> s)
    {
        System.IO.Hashing.XxHash3 hash = new();
        hash.Append(s[..CheckpointRecordLayout.ChecksumOffset]);
        hash.Append(s[CheckpointRecordLayout.Size..]);
        return hash.GetCurrentHashAsUInt64();
    }

    private static void WriteSegment(Span<byte> d, in CheckpointSegment segment)
    {
        BinaryPrimitives.WriteInt32LittleEndian(d, segment.SegmentId);
        BinaryPrimitives.WriteUInt32LittleEndian(d[CheckpointSegmentLayout.FlagsOffset..], segment.IsSealed
            ? SealedFlag : 0);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointSegmentLayout.CommittedEndOffset..], segment.CommittedEnd);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointSegmentLayout.DurableEndOffset..], segment.DurableEnd);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointSegmentLayout.DirectoryOffset..], segment.DirectoryOffset);
        BinaryPrimitives.WriteInt64LittleEndian(d[CheckpointSegmentLayout.LiveBytesOffset..], segment.LiveBytes);
    }

    private static CheckpointSegment ReadSegment(ReadOnlySpan<byte> s) =>
        new(
            BinaryPrimitives.ReadInt32LittleEndian(s),
            (BinaryPrimitives.ReadUInt32LittleEndian(s[CheckpointSegmentLayout.FlagsOffset..]) & SealedFlag) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointSegmentLayout.CommittedEndOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointSegmentLayout.DurableEndOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointSegmentLayout.DirectoryOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(s[CheckpointSegmentLayout.LiveBytesOffset..]));
}
