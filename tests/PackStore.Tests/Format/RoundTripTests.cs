using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

/// <summary>What is written is read back, for every structure and the whole range of each field.</summary>
public class RoundTripTests
{
    private const long TrailerFileLength = 1 << 30;

    [Property]
    public Property Identities_are_read_back() => Prop.ForAll(FormatGens.Identity.ToArbitrary(), identity =>
    {
        byte[] bytes = Dirty(StoreIdentityLayout.Size);
        identity.Write(bytes);
        Assert.True(StoreIdentity.TryRead(bytes, out StoreIdentity? read, out uint version));
        Assert.Equal(identity, read);
        Assert.Equal(FormatVersion.Current, version);
    });

    [Property]
    public Property Segment_headers_are_read_back() => Prop.ForAll(FormatGens.SegmentHeader.ToArbitrary(), header =>
    {
        byte[] bytes = Dirty(SegmentHeaderLayout.Size);
        header.Write(bytes);
        Assert.Equal(header, SegmentHeader.TryRead(bytes, out string problem));
        Assert.Equal("", problem);
    });

    [Property]
    public Property A_segment_header_holds_the_bytes_of_the_identity() =>
        Prop.ForAll(FormatGens.SegmentHeader.ToArbitrary(), header =>
        {
            byte[] segment = Dirty(SegmentHeaderLayout.Size);
            byte[] store = Dirty(StoreIdentityLayout.Size);
            header.Write(segment);
            header.Store.Write(store);
            Assert.Equal(
                store[StoreIdentityLayout.CompatibleOffset..StoreIdentityLayout.Reserved2Offset],
                segment[SegmentHeaderLayout.CompatibleOffset..SegmentHeaderLayout.CapacityOffset]);
        });

    [Property]
    public Property Segment_trailers_are_read_back() => Prop.ForAll(FormatGens.SegmentTrailer.ToArbitrary(), trailer =>
    {
        byte[] bytes = Dirty(SegmentTrailerLayout.Size);
        trailer.Write(bytes);
        Assert.Equal(trailer, SegmentTrailer.TryRead(bytes, trailer.StoreId, trailer.SegmentId, TrailerFileLength));
    });

    [Property]
    public Property A_trailer_of_another_store_segment_or_shorter_file_is_refused() =>
        Prop.ForAll(FormatGens.SegmentTrailer.ToArbitrary(), trailer =>
        {
            byte[] bytes = Dirty(SegmentTrailerLayout.Size);
            trailer.Write(bytes);
            Assert.Null(SegmentTrailer.TryRead(bytes, Guid.NewGuid(), trailer.SegmentId, TrailerFileLength));
            Assert.Null(SegmentTrailer.TryRead(bytes, trailer.StoreId, trailer.SegmentId ^ 1, TrailerFileLength));
            long least = trailer.CommittedEnd + SegmentTrailerLayout.Size;
            Assert.Null(SegmentTrailer.TryRead(bytes, trailer.StoreId, trailer.SegmentId, least - 1));
            Assert.NotNull(SegmentTrailer.TryRead(bytes, trailer.StoreId, trailer.SegmentId, least));
        });

    [Property]
    public Property Checkpoints_are_read_back() => Prop.ForAll(FormatGens.Checkpoint.ToArbitrary(), checkpoint =>
    {
        byte[] bytes = checkpoint.Encode();
        CheckpointRecord? read = CheckpointRecord.TryDecode(bytes, checkpoint.StoreId, out string problem);
        Assert.NotNull(read);
        Assert.Equal(Structure.Describe(checkpoint), Structure.Describe(read));
        Assert.Equal("", problem);
    });

    [Property]
    public Property Snapshot_headers_are_read_back() => Prop.ForAll(FormatGens.Snapshot.ToArbitrary(), header =>
    {
        byte[] bytes = Dirty(SnapshotHeaderLayout.Size);
        header.Write(bytes);
        Assert.Equal(header, SnapshotHeader.TryRead(bytes, FormatGens.Store, header.FileBytes, out _));
        Assert.Null(SnapshotHeader.TryRead(bytes, FormatGens.Store, header.FileBytes - 1, out _));
        Assert.Null(SnapshotHeader.TryRead(bytes, FormatGens.Store, header.FileBytes + 1, out _));
        Assert.Null(SnapshotHeader.TryRead(bytes, FormatGens.Store with { HashSeed = 1 }, header.FileBytes, out _));
    });

    [Property]
    public Property The_sections_of_a_snapshot_follow_each_other_on_pages() =>
        Prop.ForAll(FormatGens.Snapshot.ToArbitrary(), header =>
        {
            long[] starts =
            [
                SnapshotHeader.BucketsAt, header.RecencyAt, header.OverflowAt, header.OverflowRecencyAt,
                header.ChecksumsAt,
            ];
            long[] lengths = [header.Buckets * 64L, header.Buckets * 16L, header.Overflow * 64L, header.Overflow * 16L];
            Assert.All(starts, start => Assert.Equal(0, start % SnapshotHeader.SectionAlignment));
            for (int i = 0; i < lengths.Length; i++)
            {
                Assert.InRange(starts[i + 1] - starts[i] - lengths[i], 0, SnapshotHeader.SectionAlignment - 1);
            }

            long chunked = header.Chunks * SnapshotHeader.ChunkBytes;
            Assert.InRange(chunked - (header.ChecksumsAt - SnapshotHeader.BucketsAt), 0, SnapshotHeader.ChunkBytes - 1);
        });

    [Property]
    public Property Descriptors_are_read_back() => Prop.ForAll(FormatGens.Descriptor.ToArbitrary(), descriptor =>
    {
        byte[] bytes = Dirty(PayloadDescriptorLayout.Size);
        descriptor.Write(bytes);
        Assert.Equal(descriptor, PayloadDescriptor.Read(bytes));
        Assert.NotEqual(0, bytes[PayloadDescriptorLayout.EncodingOffset]);
        Assert.NotEqual(0, bytes[PayloadDescriptorLayout.TierOffset]);
    });

    [Property]
    public Property Metadata_is_read_back() => Prop.ForAll(FormatGens.Metadata.ToArbitrary(), metadata =>
    {
        byte[] bytes = Dirty((int)metadata.Measure());
        metadata.Write(bytes);
        RecordMetadata? read = RecordMetadata.TryRead(bytes, metadata.Names.Count, out _);
        Assert.NotNull(read);
        Assert.Equal(SampleRecord.Describe(metadata), SampleRecord.Describe(read));
    });

    [Property]
    public Property Records_are_read_back() => Prop.ForAll(FormatGens.Record.ToArbitrary(), record =>
    {
        byte[] bytes = record.Encode();
        SampleRecord? read = SampleRecord.TryDecode(bytes);
        Assert.NotNull(read);
        Assert.Equal(record.Describe(), read.Describe());
        Assert.Equal(0, bytes.Length % FormatLimits.RecordAlignment);
    });

    [Property]
    public Property A_record_matches_its_own_key_only() => Prop.ForAll(
        FormatGens.Record.ToArbitrary(), FormatGens.Key.ToArbitrary(), (record, other) =>
        {
            byte[] bytes = record.Encode();
            Assert.True(Matches(bytes, record.Key));
            Assert.Equal(record.Key == other, Matches(bytes, other));
        });

    [Theory]
    [InlineData(1, 2)]
    [InlineData(32, 33)]
    [InlineData(33, 34)]
    [InlineData(63, 64)]
    public void A_key_that_is_longer_by_a_zero_byte_is_another_key(int length, int longer)
    {
        byte[] bytes = new byte[longer];
        bytes.AsSpan(0, length).Fill(0xAB);
        ArtifactKey key = ArtifactKey.FromBytes(bytes.AsSpan(0, length));
        byte[] record = new SampleRecord(key, 1, new RecordMetadata(), []).Encode();
        Assert.True(Matches(record, key));
        Assert.False(Matches(record, ArtifactKey.FromBytes(bytes)));
    }

    [Property]
    public Property A_sequence_number_written_last_changes_nothing_else() => Prop.ForAll(
        FormatGens.Record.ToArbitrary(), FormatGens.Word.ToArbitrary(), (record, sequence) =>
        {
            byte[] bytes = record.Encode();
            RecordHeader.WriteSequence(bytes.AsSpan(0, RecordHeaderLayout.Size), sequence);
            Assert.Equal((record with { Sequence = sequence }).Encode(), bytes);
        });

    [Theory]
    [InlineData(0U, 0UL, 0UL, false, false)]
    [InlineData(1U, 0UL, 0UL, true, true)]
    [InlineData(2U, 0UL, 0UL, false, false)]
    [InlineData(1U, 1UL, 0UL, true, false)]
    [InlineData(1U, 0UL, 1UL, false, false)]
    public void Unknown_versions_and_features_are_refused_as_they_demand(
        uint version, ulong readOnlyCompatible, ulong incompatible, bool canRead, bool canWrite)
    {
        FormatFeatures features = new(ulong.MaxValue, readOnlyCompatible, incompatible);
        Assert.Equal(canRead, features.CanRead(version));
        Assert.Equal(canWrite, features.CanWrite(version));
    }

    [Fact]
    public void A_segment_with_an_incompatible_feature_is_refused()
    {
        byte[] bytes = new byte[SegmentHeaderLayout.Size];
        StoreIdentity store = FormatGens.Store with { Features = new FormatFeatures(0, 0, 1) };
        new SegmentHeader(1, store, 1 << 20, 0, Guid.Empty).Write(bytes);
        Assert.Null(SegmentHeader.TryRead(bytes, out string problem));
        Assert.Contains("features", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_version_is_refused()
    {
        byte[] bytes = Structure.All.Single(s => s.Name == "CHECKPOINT").Sample;
        byte[] changed = [.. bytes];
        changed[CheckpointRecordLayout.VersionOffset]++;
        Structure.RepairCheckpoint(changed);
        Assert.Null(CheckpointRecord.TryDecode(changed, FormatGens.Store.StoreId, out string problem));
        Assert.Equal("version 2, expected 1", problem);
    }

    private static bool Matches(byte[] record, ArtifactKey key)
    {
        byte[] padded = new byte[ArtifactKey.MaxLength];
        int length = key.CopyTo(padded);
        return RecordHeader.Matches(record.AsSpan(0, RecordHeaderLayout.Size), padded, length)
            && RecordBody.MatchesTail(record, padded, length);
    }

    private static byte[] Dirty(int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(0xCC);
        return bytes;
    }
}
