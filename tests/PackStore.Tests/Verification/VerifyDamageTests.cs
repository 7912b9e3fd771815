using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Verification;

/// <summary>One piece of damage gives one finding, of the right kind, at the right place.</summary>
public sealed class VerifyDamageTests
{
    private const int Short = 1; // a key of 11 bytes
    private const int Long = 6; // a key of 46 bytes

    [Theory]
    [InlineData(Short)]
    [InlineData(Long)]
    public async Task A_payload(int artifact)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace record = sample.Record(artifact);
        sample.Flip(record.File, record.PayloadAt(1) + 3);

        VerifyReport report = await sample.VerifyAsync();

        Expect(report, VerifyFindingKind.Payload, record.File, record.PayloadAt(1), SampleStore.Key(artifact), 1);
        Assert.Equal(2, report.LostPayloads);
        Assert.Equal(100 + (artifact * 13) + 64 + 4, report.LostBytes);
        Assert.True((await sample.VerifyAsync(VerifyLevel.Headers)).IsClean);
        Assert.True((await sample.VerifyAsync(VerifyLevel.Index)).IsClean);
    }

    [Theory]
    [InlineData(Short, RecordHeaderLayout.SequenceOffset, true)]
    [InlineData(Short, RecordHeaderLayout.MagicOffset, true)]
    [InlineData(Long, RecordHeaderLayout.ChecksumOffset, true)]
    [InlineData(Long, RecordHeaderLayout.KeyOffset, false)]
    [InlineData(Short, RecordHeaderLayout.KeyLengthOffset, false)]
    public async Task A_header(int artifact, int offset, bool keyIsTold)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace record = sample.Record(artifact);
        sample.Flip(record.File, record.Offset + offset);

        VerifyReport report = await sample.VerifyAsync(VerifyLevel.Headers);

        Expect(
            report, VerifyFindingKind.Header, record.File, record.Offset,
            keyIsTold ? SampleStore.Key(artifact) : null, 1);
        Assert.Equal(2, report.LostPayloads);
    }

    [Theory]
    [InlineData(Short, 80)]
    [InlineData(Short, RecordBodyLayout.ChecksumOffset)]
    [InlineData(Long, 130)]
    public async Task Metadata(int artifact, int offset)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace record = sample.Record(artifact);
        sample.Flip(record.File, record.Offset + offset);

        VerifyReport report = await sample.VerifyAsync(VerifyLevel.Headers);

        Expect(report, VerifyFindingKind.Metadata, record.File, record.Offset, SampleStore.Key(artifact), 1);
    }

    [Fact]
    public async Task A_superseded_record_loses_nothing()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace record = sample.Record(SampleStore.Overwritten, isNewest: false);
        sample.Flip(record.File, record.PayloadAt(0));

        Expect(
            await sample.VerifyAsync(), VerifyFindingKind.Payload, record.File, record.PayloadAt(0),
            SampleStore.Key(SampleStore.Overwritten), 0);
    }

    [Fact]
    public async Task A_removed_record_loses_nothing()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace record = sample.Record(SampleStore.Removed, isNewest: false);
        sample.Flip(record.File, record.Offset + 1);

        Expect(
            await sample.VerifyAsync(), VerifyFindingKind.Header, record.File, record.Offset,
            SampleStore.Key(SampleStore.Removed), 0);
    }

    [Theory]
    [InlineData(VerifyLevel.Full, 0)]
    [InlineData(VerifyLevel.Full, 130)]
    [InlineData(VerifyLevel.Index, 8)]
    [InlineData(VerifyLevel.Index, 130)]
    public async Task A_directory_block(VerifyLevel level, int offset)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace block = sample.Records().First(r => r.Header.Kind == RecordKind.Directory);
        sample.Flip(block.File, block.Offset + offset);

        Expect(await sample.VerifyAsync(level), VerifyFindingKind.Directory, block.File, block.Offset, null, 0);
    }

    [Fact]
    public async Task A_trailer()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        const string Name = "segments/00000001.seg";
        long at = new FileInfo(sample.File(Name)).Length - SegmentTrailerLayout.Size;
        sample.Flip(Name, at + SegmentTrailerLayout.FooterOffsetOffset);

        Expect(await sample.VerifyAsync(VerifyLevel.Index), VerifyFindingKind.Directory, Name, at, null, 0);
    }

    [Fact]
    public async Task A_segment_header()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        const string Name = "segments/00000002.seg";
        sample.Flip(Name, 100);

        VerifyReport report = await sample.VerifyAsync();

        Expect(report, VerifyFindingKind.Segment, Name, 0, null, 0);
        Assert.Contains("repair", Assert.Single(report.Damage).Detail, StringComparison.Ordinal);
        Assert.Single((await sample.VerifyAsync(VerifyLevel.Index)).Damage);
    }

    [Fact]
    public async Task A_segment_header_and_its_trailer()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        const string Name = "segments/00000002.seg";
        long at = new FileInfo(sample.File(Name)).Length - SegmentTrailerLayout.Size;
        sample.Flip(Name, 100);
        sample.Flip(Name, at + SegmentTrailerLayout.FooterOffsetOffset);

        VerifyReport report = await sample.VerifyAsync();

        Assert.Equal(
            [(VerifyFindingKind.Segment, Name, 0L), (VerifyFindingKind.Directory, Name, at)],
            report.Damage.Select(Place));
        Assert.True(report.LostArtifacts > 0);
    }

    [Theory]
    [InlineData(VerifyLevel.Full)]
    [InlineData(VerifyLevel.Index)]
    public async Task An_absent_segment(VerifyLevel level)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        const string Name = "segments/00000002.seg";
        int held = sample.Records().Count(r => r.File == Name && r.Header.Kind == RecordKind.Artifact);
        File.Delete(sample.File(Name));

        Expect(await sample.VerifyAsync(level), VerifyFindingKind.Segment, Name, 0, null, held);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(5000)]
    public async Task A_segment_that_was_cut(int length)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        const string Name = "segments/00000002.seg";
        int cut = sample.Records().Count(
            r => r.File == Name && r.Header.Kind == RecordKind.Artifact && r.Offset + r.Header.RecordLength > length);
        using (FileStream file = File.OpenWrite(sample.File(Name)))
        {
            file.SetLength(length);
        }

        VerifyReport report = await sample.VerifyAsync();

        Assert.Contains(report.Damage, f => Place(f) == (VerifyFindingKind.Segment, Name, length));
        Assert.All(report.Damage, f => Assert.Equal(VerifyFindingKind.Segment, f.Kind));
        Assert.Equal(cut, report.LostArtifacts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(StoreIdentity.SecondCopyOffset)]
    public async Task One_copy_of_the_identity(int at)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        sample.Flip("STORE", at + 50);

        Expect(await sample.VerifyAsync(), VerifyFindingKind.Identity, "STORE", at, null, 0);
    }

    [Fact]
    public async Task A_lost_identity_is_taken_from_a_segment()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        File.Delete(sample.File("STORE"));

        Expect(await sample.VerifyAsync(), VerifyFindingKind.Identity, "STORE", 0, null, 0);
    }

    [Fact]
    public async Task A_checkpoint()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        sample.Flip("CHECKPOINT", 60);

        Expect(await sample.VerifyAsync(), VerifyFindingKind.Checkpoint, "CHECKPOINT", 0, null, 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_absent_checkpoint(bool both)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        File.Delete(sample.File("CHECKPOINT"));
        if (both)
        {
            File.Delete(sample.File("CHECKPOINT.old"));
        }

        Expect(await sample.VerifyAsync(), VerifyFindingKind.Checkpoint, "CHECKPOINT", 0, null, 0);
    }

    [Theory]
    [InlineData("absent", VerifyLevel.Headers)]
    [InlineData("short", VerifyLevel.Headers)]
    [InlineData("flipped", VerifyLevel.Full)]
    public async Task A_loose_file(string damage, VerifyLevel level)
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        ArtifactKey key = SampleStore.Key(SampleStore.WithLoose);
        string name = StoreFileNames.LooseFile(Convert.FromHexString(key.ToString()), 1, 0);
        if (damage == "absent")
        {
            File.Delete(sample.File(name));
        }
        else if (damage == "short")
        {
            await File.WriteAllBytesAsync(sample.File(name), new byte[10]);
        }
        else
        {
            sample.Flip(name, 2000);
        }

        VerifyReport report = await sample.VerifyAsync(level);

        Expect(report, VerifyFindingKind.Loose, name, 0, key, 1);
        Assert.Equal(2, report.LostPayloads);
        Assert.Equal(damage != "flipped", !(await sample.VerifyAsync(VerifyLevel.Headers)).IsClean);
    }

    [Fact]
    public async Task A_damaged_run_over_several_records_is_one_finding()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace[] records = [.. sample.Records().Where(r => r.File == "segments/00000002.seg").Take(3)];
        byte[] bytes = await File.ReadAllBytesAsync(sample.File(records[0].File));
        bytes.AsSpan((int)records[0].Offset, (int)(records[2].Offset - records[0].Offset)).Clear();
        await File.WriteAllBytesAsync(sample.File(records[0].File), bytes);

        Expect(await sample.VerifyAsync(), VerifyFindingKind.Header, records[0].File, records[0].Offset, null, 2);
    }

    [Fact]
    public async Task Findings_come_in_the_order_of_the_files()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        IEnumerable<SampleRecordPlace> artifacts = sample.Records().Where(r => r.Header.Kind == RecordKind.Artifact);
        foreach (SampleRecordPlace record in artifacts.Reverse())
        {
            sample.Flip(record.File, record.PayloadAt(0));
        }

        VerifyReport report = await sample.VerifyAsync();

        Assert.Equal(61, report.Damage.Count);
        Assert.Equal(59, report.LostArtifacts);
        Assert.Equal(report.Damage.OrderBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Offset), report.Damage);
    }

    private static (VerifyFindingKind Kind, string File, long Offset) Place(VerifyFinding f) =>
        (f.Kind, f.File, f.Offset);

    private static void Expect(
        VerifyReport report, VerifyFindingKind kind, string file, long offset, ArtifactKey? key, long lost)
    {
        VerifyFinding finding = Assert.Single(report.Damage);
        Assert.Equal((kind, file, offset), Place(finding));
        Assert.Equal(key, finding.Key);
        Assert.NotEmpty(finding.Detail);
        Assert.Equal(lost, report.LostArtifacts);
    }
}
