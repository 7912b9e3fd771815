using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Format;

public class StoreFileNamesTests
{
    [Property]
    public Property Segment_names_are_read_back() => Prop.ForAll(FormatGens.SegmentId.ToArbitrary(), id =>
    {
        string name = StoreFileNames.Segment(id);
        Assert.StartsWith("segments/", name, StringComparison.Ordinal);
        Assert.True(StoreFileNames.TryParseSegment(name["segments/".Length..], out int read));
        Assert.Equal(id, read);
    });

    [Property]
    public Property Snapshot_names_are_read_back() => Prop.ForAll(FormatGens.Word.ToArbitrary(), generation =>
    {
        string name = StoreFileNames.Snapshot(generation);
        Assert.StartsWith("index/", name, StringComparison.Ordinal);
        Assert.True(StoreFileNames.TryParseSnapshot(name["index/".Length..], out ulong read));
        Assert.Equal(generation, read);
    });

    [Theory]
    [InlineData("")]
    [InlineData(".seg")]
    [InlineData("0000002A.seg")]
    [InlineData("0000002a.SEG")]
    [InlineData("0000002a.Seg")]
    [InlineData("000002a.seg")]
    [InlineData("00000002a.seg")]
    [InlineData("0000002a.seg ")]
    [InlineData(" 000002a.seg")]
    [InlineData("+000002a.seg")]
    [InlineData("-000002a.seg")]
    [InlineData("0x00002a.seg")]
    [InlineData("0000002g.seg")]
    [InlineData("0000002a.seg.tmp")]
    [InlineData("0000002a.tmp")]
    [InlineData("0000002a_seg")]
    [InlineData("segments/0000002a.seg")]
    [InlineData("00000000.seg")]
    [InlineData("00400000.seg")]
    [InlineData("7fffffff.seg")]
    [InlineData("80000000.seg")]
    [InlineData("ffffffff.seg")]
    [InlineData("0000002\0.seg")]
    [InlineData("\uff10000002a.seg")]
    public void A_name_that_is_no_segments_is_refused(string name) =>
        Assert.False(StoreFileNames.TryParseSegment(name, out _));

    [Theory]
    [InlineData("")]
    [InlineData(".idx")]
    [InlineData("000000000000002A.idx")]
    [InlineData("000000000000002a.IDX")]
    [InlineData("00000000000002a.idx")]
    [InlineData("0000000000000002a.idx")]
    [InlineData("-00000000000002a.idx")]
    [InlineData(" 00000000000002a.idx")]
    [InlineData("000000000000002g.idx")]
    [InlineData("000000000000002a.tmp")]
    [InlineData("000000000000002a.idx.tmp")]
    [InlineData("index/000000000000002a.idx")]
    public void A_name_that_is_no_snapshots_is_refused(string name) =>
        Assert.False(StoreFileNames.TryParseSnapshot(name, out _));

    [Property(MaxTest = 10_000)]
    public Property Reading_arbitrary_names_never_throws() => Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text =>
    {
        string name = text ?? "";
        Assert.False(StoreFileNames.TryParseSegment(name, out _));
        Assert.False(StoreFileNames.TryParseSnapshot(name, out _));
        foreach (string padded in new[] { name, name.PadLeft(8, '0'), name.PadLeft(16, '0') })
        {
            string segment = padded + StoreFileNames.SegmentSuffix;
            string snapshot = padded + StoreFileNames.SnapshotSuffix;
            Assert.True(
                !StoreFileNames.TryParseSegment(segment, out int id)
                || StoreFileNames.Segment(id) == "segments/" + segment);
            Assert.True(
                !StoreFileNames.TryParseSnapshot(snapshot, out ulong generation)
                || StoreFileNames.Snapshot(generation) == "index/" + snapshot);
        }
    });

    [Fact]
    public void Loose_names_are_made_of_digits()
    {
        byte[] key = [0xAB, 0x2F, 0x2E, 0x00];
        Assert.Equal("loose/ab", StoreFileNames.LooseDirectory(key));
        Assert.Equal("loose/ab/ab2f2e00_0", StoreFileNames.LooseFile(key, 0, 0));
        Assert.Equal("loose/ab/ab2f2e00_12", StoreFileNames.LooseFile(key, 12, 0));
        Assert.Equal("loose/ab/ab2f2e00_0.2a", StoreFileNames.LooseFile(key, 0, 42));
        Assert.Equal("loose/ab/00000000deadbeef.tmp", StoreFileNames.LooseTemporary(key, 0xDEADBEEF));
    }

    [Property]
    public Property No_key_makes_a_name_that_leaves_its_directory() => Prop.ForAll(
        FormatGens.Key.ToArbitrary(), FormatGens.Word.ToArbitrary(), (key, word) =>
        {
            byte[] bytes = new byte[key.Length];
            key.CopyTo(bytes);
            foreach (string name in new[]
            {
                StoreFileNames.LooseFile(bytes, FormatLimits.MaxPayloads + 1, (uint)word),
                StoreFileNames.LooseTemporary(bytes, word),
            })
            {
                string[] parts = name.Split('/');
                Assert.Equal(["loose", key.ToString()[..2]], parts[..2]);
                Assert.Equal(3, parts.Length);
                Assert.InRange(parts[2].Length, 1, 255);
                Assert.All(parts[2], c => Assert.Contains(c, "0123456789abcdef_.tmp"));
            }
        });
}
