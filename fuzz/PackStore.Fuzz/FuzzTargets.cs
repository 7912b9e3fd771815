using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using PackStore.Format;
using PackStore.Payloads;
using PackStore.Segments;

namespace PackStore.Fuzz;

/// <summary>Every parser of bytes from disk, with seeds made by the encoders.</summary>
internal static class FuzzTargets
{
    private static readonly StoreIdentity s_store = new(
        new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 1_700_000_000_000, 1 << 20, 42);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [Identity(), SegmentFront(), Trailer(), Record(), Directory(), Checkpoint(), Snapshot(), Metadata(), Zstd()];

    private static FuzzTarget Identity() => new(
        "identity", [Bytes(StoreIdentityLayout.Size, s_store.Write)], b => Sum64(b, StoreIdentityLayout.ChecksumOffset),
        static b => StoreIdentity.TryRead(b, out _, out _));

    private static FuzzTarget SegmentFront() => new(
        "segment-header",
        [Bytes(SegmentHeaderLayout.Size, new SegmentHeader(1, s_store, 1 << 20, 5, Guid.Empty).Write)],
        b => Sum64(b, SegmentHeaderLayout.ChecksumOffset), static b => SegmentHeader.TryRead(b, out _) is not null);

    private static FuzzTarget Trailer() => new(
        "segment-trailer",
        [Bytes(SegmentTrailerLayout.Size, new SegmentTrailer(s_store.StoreId, 1, 4096, 8192).Write)],
        b => Sum64(b, SegmentTrailerLayout.ChecksumOffset),
        static b => SegmentTrailer.TryRead(b, s_store.StoreId, 1, 1 << 20) is not null);

    private static FuzzTarget Record() => new(
        "record", [RecordBytes("key"u8), RecordBytes(new byte[64])], RepairRecord, WalkRecord);

    private static FuzzTarget Directory() => new(
        "directory-block", [DirectoryBytes(0), DirectoryBytes(9)], RepairRecord, ReadDirectory);

    private static FuzzTarget Checkpoint()
    {
        CheckpointSegment segment = new(1, true, 4096, 4096, 512, 100);
        CheckpointRecord record = new(s_store.StoreId, 7, Guid.Empty, 9, 1, true, default, [segment, segment]);
        return new FuzzTarget(
            "checkpoint", [record.Encode()], static _ => { },
            static b => CheckpointRecord.TryDecode(b, s_store.StoreId, out _) is not null);
    }

    private static FuzzTarget Snapshot() => new(
        "snapshot-header",
        [Bytes(SnapshotHeaderLayout.Size, new SnapshotHeader(s_store.StoreId, 1, new(1, 256), 5, 64, 0, 3, 42).Write)],
        b => Sum64(b, SnapshotHeaderLayout.ChecksumOffset),
        static b => SnapshotHeader.TryRead(b, s_store, 1 << 16, out _) is not null);

    private static FuzzTarget Metadata() => new(
        "metadata", [MetadataBytes()], static _ => { }, static b => RecordMetadata.TryRead(b, 2, out _) is not null);

    private static FuzzTarget Zstd()
    {
        byte[] frame = PayloadCodec.TryCompress(new ReadOnlySequence<byte>(new byte[5000]))!;
        return new FuzzTarget("zstd", [frame], static _ => { }, static b =>
        {
            byte[] room = new byte[5000];
            return PayloadCodec.IsPlausible(b, room.Length) && PayloadCodec.TryDecompress(b, room);
        });
    }

    private static bool WalkRecord(byte[] b)
    {
        if (!RecordHeader.TryRead(b, b.Length, out RecordHeader header, out _)
            || RecordReader.FindProblem(b, header, payloads: true, out _) is not null
            || header.Kind != RecordKind.Artifact)
        {
            return false;
        }

        _ = RecordBody.ReadKey(b, header.KeyLength);
        int at = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        return RecordMetadata.TryRead(b.AsSpan(at, header.MetadataLength), header.Count, out _) is not null;
    }

    private static bool ReadDirectory(byte[] b)
    {
        if (!RecordHeader.TryRead(b, b.Length, out RecordHeader header, out _)
            || !DirectoryBlock.TryRead(b, header, out DirectoryBlock block, out _))
        {
            return false;
        }

        for (int i = 0; i < block.Count; i++)
        {
            _ = block[i];
            _ = block.LowerBound(block[i].Hash);
        }

        for (int i = 0; i < block.ContentsCount; i++)
        {
            _ = block.Contents(i);
        }

        return true;
    }

    private static byte[] RecordBytes(ReadOnlySpan<byte> key)
    {
        RecordMetadata metadata = new() { Names = ["out"], Modes = [UnixFileMode.UserRead], Extra = new byte[9] };
        byte[] payload = Encoding.UTF8.GetBytes("hello, hello");
        PayloadDescriptor descriptor = new(
            0, PayloadEncoding.Raw, PayloadTier.Pack, false, payload.Length, payload.Length, Checksum.Of(payload));
        StoredPayload[] stored = [new(descriptor, new ReadOnlySequence<byte>(payload))];
        using PreparedRecord record = PreparedRecord.TryEncode(
            ArtifactKey.FromBytes(key), 5, metadata, metadata.Measure(), stored, RecordFlags.None, 0, 1 << 20)!;
        record.SetSequence(3);
        return record.Front.ToArray();
    }

    private static byte[] DirectoryBytes(int count)
    {
        DirectoryEntry[] entries = [.. Enumerable.Range(0, count).Select(i =>
            new DirectoryEntry((ulong)i * 7919, (ulong)i, 256 + (64 * i), 64, RecordKind.Artifact, false, 1))];
        byte[] record = new byte[DirectoryBlock.MeasureRecord(count, 1, 0)];
        DirectoryBlock.Write(record, entries, [(512, 3)], 256, 4096, 9, null);
        return record;
    }

    private static byte[] MetadataBytes()
    {
        RecordMetadata metadata = new()
        {
            Names = ["a", "b/c"],
            Modes = [null, UnixFileMode.UserWrite],
            Verdicts = [new ArtifactVerdict { Name = "clippy", StandardOutput = new byte[5] }],
            Extra = new byte[3],
        };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        return bytes;
    }

    private static byte[] Bytes(int size, SpanAction write)
    {
        byte[] bytes = new byte[size];
        write(bytes);
        return bytes;
    }

    private static void Sum64(byte[] b, int at)
    {
        if (b.Length >= at + sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(b.AsSpan(at), Checksum.Of(b.AsSpan(0, at)));
        }
    }

    private static void RepairRecord(byte[] b)
    {
        if (b.Length < RecordHeaderLayout.Size)
        {
            return;
        }

        uint sum = Checksum.Short(b.AsSpan(0, RecordHeaderLayout.ChecksumOffset));
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(RecordHeaderLayout.ChecksumOffset), sum);
        if (RecordHeader.TryRead(b, b.Length, out RecordHeader header))
        {
            int descriptors = header.Kind == RecordKind.Artifact ? header.DescriptorCount : 0;
            RecordBody.Seal(b, (int)RecordBody.EndOffset(header.KeyLength, descriptors, header.MetadataLength));
        }
    }

    private delegate void SpanAction(Span<byte> destination);
}
