using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

/// <summary>Single bits, cuts and noise: each reader refuses or, where FORMAT.md says so, does not care.</summary>
public class DamageTests
{
    public static TheoryData<string> Names => [.. Structure.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_sample_itself_is_read(string name) => Assert.NotNull(Find(name).Read(Find(name).Sample));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_single_bit_flip_is_refused(string name)
    {
        Structure structure = Find(name);
        for (int bit = 0; bit < structure.Sample.Length * 8; bit++)
        {
            byte[] flipped = Flip(structure.Sample, bit);
            Assert.True(structure.Read(flipped) is null, $"bit {bit % 8} of byte {bit / 8} went unnoticed");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_truncation_is_refused(string name)
    {
        Structure structure = Find(name);
        for (int length = 0; length < structure.Sample.Length; length++)
        {
            Assert.Null(structure.Read(structure.Sample[..length]));
        }
    }

    [Fact]
    public void Every_single_bit_flip_in_a_record_is_refused_or_falls_into_a_gap()
    {
        SampleRecord sample = MakeRecord();
        byte[] bytes = sample.Encode();
        bool[] isGap = FindGaps(bytes);
        Assert.Contains(true, isGap);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            string? read = SampleRecord.TryDecode(Flip(bytes, bit))?.Describe();
            Assert.Equal(isGap[bit / 8] ? sample.Describe() : null, read);
        }
    }

    [Fact]
    public void Every_truncation_of_a_record_is_refused()
    {
        byte[] bytes = MakeRecord().Encode();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Null(SampleRecord.TryDecode(bytes.AsSpan(0, length)));
        }
    }

    [Property(MaxTest = 300)]
    public Property Any_flip_in_any_record_never_yields_other_contents() => Prop.ForAll(
        FormatGens.Record.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (record, at) =>
        {
            byte[] bytes = record.Encode();
            string? read = SampleRecord.TryDecode(Flip(bytes, at % (bytes.Length * 8)))?.Describe();
            Assert.True(read is null || read == record.Describe());
        });

    [Property(MaxTest = 300)]
    public Property Every_cut_of_any_metadata_is_refused() =>
        Prop.ForAll(FormatGens.Metadata.ToArbitrary(), metadata =>
        {
            byte[] bytes = new byte[metadata.Measure()];
            metadata.Write(bytes);
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.Null(RecordMetadata.TryRead(bytes.AsSpan(0, length), metadata.Names.Count, out _));
            }

            Assert.Null(RecordMetadata.TryRead([.. bytes, 0], metadata.Names.Count, out _));
        });

    [Property(MaxTest = 300)]
    public Property Any_flip_in_a_checkpoint_is_refused() => Prop.ForAll(
        FormatGens.Checkpoint.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (checkpoint, at) =>
        {
            byte[] bytes = checkpoint.Encode();
            Assert.Null(CheckpointRecord.TryDecode(Flip(bytes, at % (bytes.Length * 8)), checkpoint.StoreId, out _));
        });

    [Property(MaxTest = 10_000)]
    public Property No_reader_throws_on_arbitrary_bytes() =>
        Prop.ForAll(FormatGens.Bytes(0, 400).ToArbitrary(), bytes => ReadAll(bytes));

    [Property(MaxTest = 10_000)]
    public Property No_reader_throws_on_arbitrary_bytes_with_right_magic_and_checksum() =>
        Prop.ForAll(FormatGens.Bytes(0, 400).ToArbitrary(), bytes =>
        {
            foreach (Structure structure in Structure.All)
            {
                byte[] copy = [.. bytes];
                structure.Repair(copy);
                structure.Read(copy);
            }
        });

    /// <summary>Every field of a sound header may hold anything as long as the checksums are right.</summary>
    [Property(MaxTest = 10_000)]
    public Property No_reader_throws_on_records_with_a_few_arbitrary_bytes_and_right_checksums() => Prop.ForAll(
        FormatGens.Bytes(1, 6).ToArbitrary(), Gen.Choose(4, 200).ToArbitrary(), (noise, at) =>
        {
            byte[] record = MakeRecord().Encode();
            noise.CopyTo(record, at);
            Structure.RepairDirectory(record);
            SampleRecord.TryDecode(record);
            byte[] directory = [.. Find("directory block").Sample];
            noise.AsSpan(0, Math.Min(noise.Length, directory.Length - Math.Min(at, directory.Length)))
                .CopyTo(directory.AsSpan(Math.Min(at, directory.Length)));
            Structure.RepairDirectory(directory);
            Structure.ReadDirectory(directory);
        });

    [Property(MaxTest = 10_000)]
    public Property Metadata_never_throws_on_arbitrary_bytes() => Prop.ForAll(
        FormatGens.Bytes(0, 300).ToArbitrary(), Gen.Choose(0, 80).ToArbitrary(), (bytes, count) =>
        {
            RecordMetadata? read = RecordMetadata.TryRead(bytes, count, out string problem);
            Assert.True(read is not null || problem.Length > 0);
        });

    [Property(MaxTest = 10_000)]
    public Property A_descriptor_of_arbitrary_bytes_is_refused_or_lies_in_its_record() =>
        Prop.ForAll(FormatGens.Bytes(32, 32).ToArbitrary(), bytes =>
        {
            PayloadDescriptor d = PayloadDescriptor.Read(bytes);
            if (d.FindProblem(200, 1024) is null && d.Tier == PayloadTier.Pack)
            {
                Assert.InRange((long)d.Place, d.StoredLength == 0 ? 0 : 200, 1024 - d.StoredLength);
            }
        });

    private static void ReadAll(byte[] bytes)
    {
        Assert.All(Structure.All, structure => structure.Read(bytes));
        SampleRecord.TryDecode(bytes);
        for (int count = 0; count < 4; count++)
        {
            RecordMetadata.TryRead(bytes, count, out _);
        }
    }

    private static Structure Find(string name) => Structure.All.Single(s => s.Name == name);

    private static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static SampleRecord MakeRecord()
    {
        RecordMetadata metadata = new()
        {
            StoredAtUnixMs = 1,
            ExitCode = -3,
            Names = ["a", "b/c"],
            Modes = [(UnixFileMode)0x1ED, null],
            Verdicts = [new ArtifactVerdict { Name = "v", ExitCode = 1, StandardOutput = new byte[] { 1, 2 } }],
            Extra = new byte[] { 9 },
        };
        byte[] key = [.. Enumerable.Range(1, 40).Select(i => (byte)i)];
        return new SampleRecord(ArtifactKey.FromBytes(key), 42, metadata, [new byte[70], [1, 2, 3]])
        {
            StandardOutput = [4, 5],
            StandardError = [],
        };
    }

    /// <summary>The bytes of a record that no checksum covers: behind the body and behind each payload.</summary>
    private static bool[] FindGaps(byte[] record)
    {
        RecordHeader header = RecordHeader.ReadUnchecked(record);
        int bodyEnd = (int)RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        bool[] isGap = [.. record.Select((_, at) => at >= bodyEnd)];
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor d = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            isGap.AsSpan((int)d.Place, (int)d.StoredLength).Clear();
        }

        return isGap;
    }
}
