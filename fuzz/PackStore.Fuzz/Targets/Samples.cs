using System.Buffers.Binary;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>What several targets need: a store, whole records, repaired checksums.</summary>
internal static class Samples
{
    public const int SegmentId = 7;

    /// <summary>The store that all samples are of.</summary>
    public static StoreIdentity Store { get; } = new(
        new Guid("00112233-4455-6677-8899-aabbccddeeff"), 1_735_689_600_000, 256 << 20, 0x0123_4567_89AB_CDEF);

    /// <summary>Writes magic and a 64-bit checksum of everything before it.</summary>
    public static void Repair(Span<byte> bytes, ulong magic, int checksumOffset)
    {
        if (bytes.Length >= checksumOffset + sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, magic);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[checksumOffset..], Checksum.Of(bytes[..checksumOffset]));
        }
    }

    /// <summary>Writes a record header's magic and checksum, then its body's where the header allows it.</summary>
    public static void RepairRecord(Span<byte> bytes)
    {
        if (bytes.Length < RecordHeaderLayout.Size)
        {
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes, RecordHeader.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes[RecordHeaderLayout.ChecksumOffset..], Checksum.Short(bytes[..RecordHeaderLayout.ChecksumOffset]));
        if (RecordHeader.TryRead(bytes[..RecordHeaderLayout.Size], bytes.Length, out RecordHeader header)
            && header.Kind != RecordKind.Padding)
        {
            int descriptors = header.Kind == RecordKind.Artifact ? header.DescriptorCount : 0;
            RecordBody.Seal(bytes, (int)RecordBody.EndOffset(header.KeyLength, descriptors, header.MetadataLength));
        }
    }

    /// <summary>Metadata with so many outputs, and verdicts and extra bytes.</summary>
    public static RecordMetadata Metadata(int outputs) => new()
    {
        StoredAtUnixMs = 1_735_689_600_001,
        ExitCode = -1,
        Provenance = ArtifactProvenance.Put,
        Names = [.. Enumerable.Range(0, outputs).Select(i => i == 0 ? "" : $"bin/ä{i}.o")],
        Modes = [.. Enumerable.Range(0, outputs).Select(i => i % 2 == 0 ? (UnixFileMode?)null : (UnixFileMode)0x1ED)],
        Verdicts = outputs < 2
            ? []
            : [new ArtifactVerdict { Name = "v", ExitCode = 3, StandardOutput = new byte[5] }],
        Extra = new byte[outputs],
    };

    /// <summary>A whole artifact with raw payloads in the segment and one loose one.</summary>
    public static byte[] Artifact(int keyLength, int outputs, RecordFlags flags)
    {
        byte[] key = [.. Enumerable.Range(1, keyLength).Select(i => (byte)i)];
        byte[] payload = "hello"u8.ToArray();
        RecordMetadata metadata = Metadata(outputs);
        RecordHeader header = new(RecordKind.Artifact, keyLength, flags, 0, outputs, 42, (int)metadata.Measure());
        int end = (int)RecordBody.EndOffset(keyLength, header.DescriptorCount, header.MetadataLength);
        int first = (int)FormatLimits.AlignRecord(end);
        header = header with { RecordLength = first + (header.DescriptorCount * FormatLimits.RecordAlignment) };
        byte[] record = new byte[header.RecordLength];
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            bool loose = i == 0 && (flags & RecordFlags.Loose) != 0;
            int place = first + (i * FormatLimits.RecordAlignment);
            payload.CopyTo(record.AsSpan(place));
            new PayloadDescriptor(
                loose ? 9 : (uint)place, PayloadEncoding.Raw, loose ? PayloadTier.Loose : PayloadTier.Pack, loose,
                payload.Length, payload.Length, Checksum.Of(payload))
                .Write(record.AsSpan(RecordBody.DescriptorsOffset(keyLength) + (i * PayloadDescriptorLayout.Size)));
        }

        RecordBody.WriteKeyTail(record, key);
        int at = (int)RecordBody.MetadataOffset(keyLength, header.DescriptorCount);
        metadata.Write(record.AsSpan(at, header.MetadataLength));
        RecordBody.Seal(record, end);
        header.Write(record, key);
        return record;
    }

    /// <summary>A tombstone.</summary>
    public static byte[] Tombstone(int keyLength)
    {
        byte[] key = [.. Enumerable.Range(1, keyLength).Select(i => (byte)i)];
        byte[] record = new byte[2 * RecordHeaderLayout.Size];
        RecordBody.WriteKeyTail(record, key);
        RecordBody.Seal(record, RecordBody.DescriptorsOffset(keyLength));
        new RecordHeader(RecordKind.Tombstone, keyLength, RecordFlags.None, record.Length, 0, 43, 0).Write(record, key);
        return record;
    }

    /// <summary>A directory block; a footer if it has hours.</summary>
    public static byte[] Directory(int entries, int blocksBefore, int hours)
    {
        DirectoryEntry[] listed =
        [
            .. Enumerable.Range(0, entries).Select(i => new DirectoryEntry(
                (ulong)(i + 1) << 56, (ulong)i + 1, 256 + (64L * i), 64, RecordKind.Artifact, i % 2 == 1, i % 32)),
        ];
        (long Offset, int Count)[] contents =
            [.. Enumerable.Range(0, blocksBefore).Select(i => (256L + (64 * i), i))];
        byte[] record = new byte[DirectoryBlock.MeasureRecord(entries, blocksBefore, hours)];
        DirectoryBlock.Write(
            record, listed, contents, 256, 4096, (ulong)entries,
            hours == 0 ? null : new DirectoryFooter(64, new ushort[hours]));
        RecordHeader.WriteSequence(record, 0);
        return record;
    }
}
