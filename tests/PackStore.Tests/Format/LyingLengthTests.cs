using System.Buffers.Binary;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

/// <summary>Lengths and counts that lie under right checksums are refused before anything is allocated.</summary>
public class LyingLengthTests
{
    // A message and small change; every lie below would need a mebibyte and more.
    private const long FewBytes = 64 << 10;

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(FormatLimits.MaxPayloads)]
    [InlineData(int.MaxValue)]
    public void A_count_of_names_beyond_the_metadata_is_refused_before_allocating(int count) =>
        AssertRefusedCheaply(() => RecordMetadata.TryRead(new byte[RecordMetadataLayout.Size], count, out _));

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_verdict_count_beyond_the_metadata_is_refused_before_allocating(int count)
    {
        byte[] bytes = MakeMetadata();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(RecordMetadataLayout.VerdictCountOffset), count);
        AssertRefusedCheaply(() => RecordMetadata.TryRead(bytes, 1, out _));
    }

    [Theory]
    [InlineData(4, 2U)]
    [InlineData(4, uint.MaxValue)]
    [InlineData(8, 1U)]
    [InlineData(8, int.MaxValue)]
    [InlineData(12, 1U)]
    [InlineData(12, uint.MaxValue)]
    public void A_verdict_length_beyond_the_metadata_is_refused_before_allocating(int at, uint length)
    {
        RecordMetadata metadata = new() { Verdicts = [new ArtifactVerdict { Name = "v" }] };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(RecordMetadataLayout.Size + at), length);
        AssertRefusedCheaply(() => RecordMetadata.TryRead(bytes, 0, out _));
    }

    [Fact]
    public void Verdict_lengths_whose_sum_overflows_are_refused()
    {
        RecordMetadata metadata = new() { Verdicts = [new ArtifactVerdict { Name = "v" }] };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        bytes.AsSpan(RecordMetadataLayout.Size + 4, 12).Fill(0xFF);
        AssertRefusedCheaply(() => RecordMetadata.TryRead(bytes, 0, out _));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void An_extra_length_that_is_not_what_is_left_is_refused(int length)
    {
        byte[] bytes = MakeMetadata();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(RecordMetadataLayout.ExtraLengthOffset), length);
        AssertRefusedCheaply(() => RecordMetadata.TryRead(bytes, 1, out _));
    }

    [Fact]
    public void A_name_length_beyond_the_metadata_is_refused()
    {
        byte[] bytes = MakeMetadata();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(RecordMetadataLayout.Size), ushort.MaxValue);
        AssertRefusedCheaply(() => RecordMetadata.TryRead(bytes, 1, out _));
    }

    [Theory]
    [InlineData(RecordHeaderLayout.RecordLengthOffset, 0)]
    [InlineData(RecordHeaderLayout.RecordLengthOffset, -64)]
    [InlineData(RecordHeaderLayout.RecordLengthOffset, 321)]
    [InlineData(RecordHeaderLayout.RecordLengthOffset, 384)]
    [InlineData(RecordHeaderLayout.RecordLengthOffset, int.MaxValue - 63)]
    [InlineData(RecordHeaderLayout.CountOffset, -1)]
    [InlineData(RecordHeaderLayout.CountOffset, 9)]
    [InlineData(RecordHeaderLayout.CountOffset, FormatLimits.MaxPayloads + 1)]
    [InlineData(RecordHeaderLayout.CountOffset, int.MaxValue)]
    [InlineData(RecordHeaderLayout.CountOffset, int.MinValue)]
    [InlineData(RecordHeaderLayout.MetadataLengthOffset, -1)]
    [InlineData(RecordHeaderLayout.MetadataLengthOffset, 300)]
    [InlineData(RecordHeaderLayout.MetadataLengthOffset, int.MaxValue)]
    [InlineData(RecordHeaderLayout.MetadataLengthOffset, int.MinValue)]
    public void A_header_with_a_length_beyond_the_record_or_what_is_left_is_refused(int at, int value)
    {
        byte[] line = [.. Structure.All.Single(s => s.Name == "record header").Sample];
        Assert.True(RecordHeader.TryRead(line, 320, out _));
        BinaryPrimitives.WriteInt32LittleEndian(line.AsSpan(at), value);
        Structure.RepairHeader(line);
        Assert.False(RecordHeader.TryRead(line, 320, out _, out string? problem));
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData(0, 4, 0, 64)]
    [InlineData(5, 4, 0, 64)]
    [InlineData(255, 0, 0, 64)]
    [InlineData(1, 0, 0, 320)]
    [InlineData(1, 65, 0, 320)]
    [InlineData(2, 255, 0, 320)]
    [InlineData(3, 1, 0, 320)]
    [InlineData(4, 1, 0, 64)]
    [InlineData(1, 4, 16, 320)]
    [InlineData(1, 4, 0x8000, 320)]
    [InlineData(1, 4, 0, 64)]
    [InlineData(2, 4, 0, 64)]
    [InlineData(3, 0, 0, 64)]
    public void A_header_with_a_kind_key_length_flag_or_size_that_cannot_be_is_refused(
        int kind, int keyLength, int flags, int length)
    {
        byte[] line = new byte[RecordHeaderLayout.Size];
        new RecordHeader((RecordKind)kind, keyLength, (RecordFlags)flags, length, 0, 1, 0).Write(line, new byte[32]);
        Assert.False(RecordHeader.TryRead(line, 4096, out _));
    }

    [Fact]
    public void Padding_is_one_line_or_more_and_nothing_else_counts()
    {
        byte[] line = new byte[RecordHeaderLayout.Size];
        new RecordHeader(RecordKind.Padding, 0, 0, 64, 0, 0, 0).Write(line, []);
        Assert.True(RecordHeader.TryRead(line, 64, out RecordHeader header));
        Assert.Equal(RecordKind.Padding, header.Kind);
        Assert.False(RecordHeader.TryRead(line, 63, out _));
    }

    [Theory]
    [InlineData(DirectoryBlockLayout.ContentsCountOffset, 2)]
    [InlineData(DirectoryBlockLayout.ContentsCountOffset, -1)]
    [InlineData(DirectoryBlockLayout.ContentsCountOffset, int.MaxValue)]
    [InlineData(DirectoryBlockLayout.RecencyCountOffset, 5)]
    [InlineData(DirectoryBlockLayout.RecencyCountOffset, int.MinValue)]
    [InlineData(RecordHeaderLayout.CountOffset, 3)]
    [InlineData(RecordHeaderLayout.CountOffset, int.MaxValue)]
    [InlineData(RecordHeaderLayout.MetadataLengthOffset, 55)]
    public void Directory_counts_that_do_not_add_up_are_refused_before_allocating(int at, int value)
    {
        byte[] record = [.. Structure.All.Single(s => s.Name == "directory block").Sample];
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(at), value);
        Structure.RepairDirectory(record);
        AssertRefusedCheaply(() => Structure.ReadDirectory(record));
    }

    /// <summary>Two lies that cancel out in the sum: a negative count and one too large.</summary>
    [Fact]
    public void Directory_counts_that_add_up_with_a_negative_one_are_refused()
    {
        byte[] record = [.. Structure.All.Single(s => s.Name == "directory block").Sample];
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(DirectoryBlockLayout.ContentsCountOffset), -1);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(DirectoryBlockLayout.RecencyCountOffset), 12);
        Structure.RepairDirectory(record);
        Assert.Null(Structure.ReadDirectory(record));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_segment_count_that_is_not_the_files_is_refused_before_allocating(int count)
    {
        byte[] bytes = [.. Structure.All.Single(s => s.Name == "CHECKPOINT").Sample];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(CheckpointRecordLayout.SegmentCountOffset), count);
        Structure.RepairCheckpoint(bytes);
        AssertRefusedCheaply(() => CheckpointRecord.TryDecode(bytes, FormatGens.Store.StoreId, out _));
    }

    [Theory]
    [InlineData(SnapshotHeaderLayout.BucketsOffset, 0)]
    [InlineData(SnapshotHeaderLayout.BucketsOffset, -1)]
    [InlineData(SnapshotHeaderLayout.BucketsOffset, 65)]
    [InlineData(SnapshotHeaderLayout.BucketsOffset, long.MaxValue)]
    [InlineData(SnapshotHeaderLayout.OverflowOffset, -1)]
    [InlineData(SnapshotHeaderLayout.OverflowOffset, IndexControl.MaxOverflow + 1L)]
    [InlineData(SnapshotHeaderLayout.OverflowOffset, 65)]
    [InlineData(SnapshotHeaderLayout.EntriesOffset, -1)]
    [InlineData(SnapshotHeaderLayout.EntriesOffset, (7 * 67) + 1)]
    [InlineData(SnapshotHeaderLayout.WatermarkSegmentOffset, -1)]
    [InlineData(SnapshotHeaderLayout.WatermarkSegmentOffset, FormatLimits.MaxSegmentId + 1)]
    [InlineData(SnapshotHeaderLayout.WatermarkOffsetOffset, -1)]
    [InlineData(SnapshotHeaderLayout.WatermarkOffsetOffset, FormatLimits.MaxSegmentBytes + 1)]
    public void A_snapshot_header_with_a_number_out_of_range_or_not_the_files_is_refused(int at, long value)
    {
        Structure snapshot = Structure.All.Single(s => s.Name == "snapshot header");
        byte[] bytes = [.. snapshot.Sample];
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), value);
        snapshot.Repair(bytes);
        Assert.Null(snapshot.Read(bytes));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(-1)]
    [InlineData((1 << 30) + 1)]
    public void A_segment_capacity_out_of_range_is_refused(long capacity)
    {
        byte[] bytes = new byte[SegmentHeaderLayout.Size];
        new SegmentHeader(1, FormatGens.Store, capacity, 0, Guid.Empty).Write(bytes);
        Assert.Null(SegmentHeader.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(255, 8192)]
    [InlineData(-1, 8192)]
    [InlineData(8192, 8192)]
    [InlineData(8192, 4096)]
    [InlineData(4096, (1 << 30) - 63)]
    [InlineData(4096, long.MaxValue)]
    public void A_trailer_whose_footer_or_end_cannot_be_is_refused(long footer, long end)
    {
        Structure trailer = Structure.All.Single(s => s.Name == "segment trailer");
        byte[] bytes = new byte[SegmentTrailerLayout.Size];
        new SegmentTrailer(FormatGens.Store.StoreId, 7, footer, end).Write(bytes);
        Assert.Null(trailer.Read(bytes));
    }

    [Theory]
    [InlineData(0, 1, 1, 10, 10, 200)]
    [InlineData(3, 1, 1, 10, 10, 200)]
    [InlineData(1, 0, 1, 10, 10, 200)]
    [InlineData(1, 3, 1, 10, 10, 200)]
    [InlineData(1, 1, 1, 10, 11, 200)]
    [InlineData(1, 1, 1, -1, -1, 200)]
    [InlineData(2, 1, 1, 10, -1, 200)]
    [InlineData(1, 1, 1, 10, 10, 199)]
    [InlineData(1, 1, 1, 10, 10, 1015)]
    [InlineData(1, 1, 1, long.MaxValue, long.MaxValue, 200)]
    [InlineData(1, 1, 1, 10, 10, uint.MaxValue)]
    [InlineData(1, 1, 1, 0, 0, 1025)]
    public void A_descriptor_that_cannot_be_is_refused(
        byte encoding, byte tier, ushort flags, long stored, long length, uint place)
    {
        byte[] bytes = new byte[PayloadDescriptorLayout.Size];
        new PayloadDescriptor(place, 0, 0, flags != 0, stored, length, 0).Write(bytes);
        bytes[PayloadDescriptorLayout.EncodingOffset] = encoding;
        bytes[PayloadDescriptorLayout.TierOffset] = tier;
        Assert.NotNull(PayloadDescriptor.Read(bytes).FindProblem(200, 1024));
    }

    private static byte[] MakeMetadata()
    {
        RecordMetadata metadata = new() { Names = ["n"], Modes = [null], Extra = new byte[] { 1 } };
        byte[] bytes = new byte[metadata.Measure()];
        metadata.Write(bytes);
        return bytes;
    }

    private static void AssertRefusedCheaply(Func<object?> read)
    {
        read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        object? result = read();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(result);
        Assert.InRange(allocated, 0, FewBytes);
    }
}
