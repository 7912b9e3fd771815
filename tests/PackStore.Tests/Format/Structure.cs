using System.Buffers.Binary;
using PackStore.Format;

namespace PackStore.Tests.Format;

/// <summary>A structure with one valid sample and its reader.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Sample">Bytes that the reader takes.</param>
/// <param name="Read">What it reads, as text; null if it refuses.</param>
/// <param name="Repair">Puts right magic and checksum into any bytes, so that only what they cover is wrong.</param>
internal sealed record Structure(string Name, byte[] Sample, Func<byte[], string?> Read, Action<byte[]> Repair)
{
    private const long FileLength = 1 << 30;

    public static IReadOnlyList<Structure> All { get; } =
    [
        MakeIdentity(), MakeSegmentHeader(), MakeTrailer(), MakeCheckpoint(), MakeSnapshot(), MakeHeader(),
        MakeDirectory(),
    ];

    public override string ToString() => Name;

    /// <summary>Writes a record header's checksum.</summary>
    public static void RepairHeader(Span<byte> record)
    {
        if (record.Length >= RecordHeaderLayout.Size)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record, RecordHeader.Magic);
            uint sum = Checksum.Short(record[..RecordHeaderLayout.ChecksumOffset]);
            BinaryPrimitives.WriteUInt32LittleEndian(record[RecordHeaderLayout.ChecksumOffset..], sum);
        }
    }

    /// <summary>Writes magic and a 64-bit checksum of everything before it.</summary>
    public static void Repair64(Span<byte> bytes, ulong magic, int checksumOffset)
    {
        if (bytes.Length >= checksumOffset + sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, magic);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[checksumOffset..], Checksum.Of(bytes[..checksumOffset]));
        }
    }

    /// <summary>Writes magic and checksum of a checkpoint.</summary>
    public static void RepairCheckpoint(byte[] bytes)
    {
        if (bytes.Length >= CheckpointRecordLayout.Size)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, CheckpointRecord.Magic);
            byte[] covered =
                [.. bytes[..CheckpointRecordLayout.ChecksumOffset], .. bytes[CheckpointRecordLayout.Size..]];
            BinaryPrimitives.WriteUInt64LittleEndian(
                bytes.AsSpan(CheckpointRecordLayout.ChecksumOffset), Checksum.Of(covered));
        }
    }

    public static string Describe(CheckpointRecord c) =>
        string.Join('\n', c.Segments.Select(s => s.ToString()).Prepend((c with { Segments = [] }).ToString()));

    /// <summary>Reads a directory block as recovery does: header, then block.</summary>
    public static string? ReadDirectory(byte[] bytes)
    {
        if (bytes.Length < RecordHeaderLayout.Size
            || !RecordHeader.TryRead(bytes.AsSpan(0, RecordHeaderLayout.Size), bytes.Length, out RecordHeader header)
            || !DirectoryBlock.TryRead(bytes.AsSpan(0, header.RecordLength), header, out DirectoryBlock block, out _))
        {
            return null;
        }

        List<string> parts =
        [
            $"{header} {block.IsFooter} {block.CoveredFrom} {block.CoveredTo} {block.MaxSequence} {block.LiveBytes}",
        ];
        for (int i = 0; i < block.Count; i++)
        {
            parts.Add(block[i].ToString());
        }

        for (int i = 0; i < block.ContentsCount; i++)
        {
            parts.Add(block.Contents(i).ToString());
        }

        for (int i = 0; i < block.RecencyCount; i++)
        {
            parts.Add(block.Recency(i).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return string.Join('\n', parts);
    }

    /// <summary>Writes header and body checksums where the header allows it.</summary>
    public static void RepairDirectory(byte[] bytes)
    {
        RepairHeader(bytes);
        if (bytes.Length >= RecordHeaderLayout.Size
            && RecordHeader.TryRead(bytes.AsSpan(0, RecordHeaderLayout.Size), bytes.Length, out RecordHeader header)
            && header.Kind != RecordKind.Padding)
        {
            int descriptors = header.Kind == RecordKind.Artifact ? header.DescriptorCount : 0;
            RecordBody.Seal(bytes, (int)RecordBody.EndOffset(header.KeyLength, descriptors, header.MetadataLength));
        }
    }

    private static Structure MakeIdentity()
    {
        byte[] sample = new byte[StoreIdentityLayout.Size];
        FormatGens.Store.Write(sample);
        return new Structure(
            "STORE",
            sample,
            b => StoreIdentity.TryRead(b, out StoreIdentity? read, out uint version) ? $"{read} {version}" : null,
            b => Repair64(b, StoreIdentity.Magic, StoreIdentityLayout.ChecksumOffset));
    }

    private static Structure MakeSegmentHeader()
    {
        byte[] sample = new byte[SegmentHeaderLayout.Size];
        new SegmentHeader(7, FormatGens.Store, 256 << 20, 1_735_689_600_001, FormatGens.Store.StoreId).Write(sample);
        return new Structure(
            "segment header",
            sample,
            b => SegmentHeader.TryRead(b, out _)?.ToString(),
            b => Repair64(b, SegmentHeader.Magic, SegmentHeaderLayout.ChecksumOffset));
    }

    private static Structure MakeTrailer()
    {
        byte[] sample = new byte[SegmentTrailerLayout.Size];
        new SegmentTrailer(FormatGens.Store.StoreId, 7, 4096, 8192).Write(sample);
        return new Structure(
            "segment trailer",
            sample,
            b => SegmentTrailer.TryRead(b, FormatGens.Store.StoreId, 7, FileLength)?.ToString(),
            b => Repair64(b, SegmentTrailer.Magic, SegmentTrailerLayout.ChecksumOffset));
    }

    private static Structure MakeCheckpoint()
    {
        Guid id = FormatGens.Store.StoreId;
        CheckpointRecord sample = new(
            id, 3, id, 99, 2, true, new StoreCounters(1, 2, 3, 4),
            [
                new CheckpointSegment(1, true, 8192, 8192, 4096, 4000),
                new CheckpointSegment(2, false, 512, 256, 0, 200),
            ]);
        return new Structure(
            "CHECKPOINT",
            sample.Encode(),
            b => CheckpointRecord.TryDecode(b, id, out _) is { } read ? Describe(read) : null,
            RepairCheckpoint);
    }

    private static Structure MakeSnapshot()
    {
        SnapshotHeader header = new(
            FormatGens.Store.StoreId, 5, new RecordLocation(2, 512), 99, 64, 3, 100, FormatGens.Store.HashSeed);
        byte[] sample = new byte[SnapshotHeaderLayout.Size];
        header.Write(sample);
        return new Structure(
            "snapshot header",
            sample,
            b => SnapshotHeader.TryRead(b, FormatGens.Store, header.FileBytes, out _)?.ToString(),
            b => Repair64(b, SnapshotHeader.Magic, SnapshotHeaderLayout.ChecksumOffset));
    }

    private static Structure MakeHeader()
    {
        byte[] sample = new byte[RecordHeaderLayout.Size];
        RecordHeader line = new(RecordKind.Artifact, 4, RecordFlags.StandardOutput, 320, 1, 42, 35);
        line.Write(sample, [1, 2, 3, 4]);
        return new Structure(
            "record header",
            sample,
            b => RecordHeader.TryRead(b, 4096, out RecordHeader header) ? header.ToString() : null,
            b => RepairHeader(b));
    }

    private static Structure MakeDirectory()
    {
        DirectoryEntry[] entries =
        [
            new(5, 1, 256, 128, RecordKind.Artifact, false, 1), new(9, 2, 384, 128, RecordKind.Tombstone, false, 0),
        ];
        // Four hours, so that the columns end on the record's last line without a gap.
        DirectoryFooter footer = new(256, [1, 2, 3, 4]);
        byte[] sample = new byte[DirectoryBlock.MeasureRecord(entries.Length, 1, footer.Recency.Count)];
        DirectoryBlock.Write(sample, entries, [(256, 2)], 256, 512, 2, footer);
        RecordHeader.WriteSequence(sample, 0);
        return new Structure("directory block", sample, ReadDirectory, RepairDirectory);
    }
}
