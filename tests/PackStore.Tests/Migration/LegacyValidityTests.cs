using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration;

/// <summary>What decodes and yet must not be used is refused, each with its reason.</summary>
public class LegacyValidityTests
{
    private static readonly string s_key = RealContent.KeyOf("key");
    private static readonly string s_digest = RealContent.KeyOf("digest");

    [Theory]
    [InlineData("", LegacyProblem.BadKey)]
    [InlineData("../../x", LegacyProblem.BadKey)]
    [InlineData("deadbeef ", LegacyProblem.BadKey)]
    [InlineData("\uFF11\uFF12", LegacyProblem.BadKey)]
    [InlineData("abc", LegacyProblem.OddKey)]
    [InlineData("0", LegacyProblem.OddKey)]
    [InlineData("A1b2", LegacyProblem.None)]
    public void A_key_is_hexadecimal_and_an_odd_one_is_told_apart(string key, object problem)
    {
        Assert.Equal(problem, LegacyKey.FindProblem(key));
        Assert.Equal((LegacyProblem)problem == LegacyProblem.None, ArtifactKey.TryParse(key, out _));
    }

    [Fact]
    public void A_key_has_at_most_128_digits()
    {
        Assert.Equal(LegacyProblem.None, LegacyKey.FindProblem(new string('a', 128)));
        Assert.Equal(LegacyProblem.BadKey, LegacyKey.FindProblem(new string('a', 129)));
        Assert.True(LegacyKey.IsLowercase("0af"));
        Assert.False(LegacyKey.IsLowercase("0aF"));
    }

    [Fact]
    public void A_row_whose_counts_or_sums_disagree_is_a_miss()
    {
        LegacyRow row = new() { Key = s_key, Names = ["a", "b"], Sizes = [1, 2], TotalSize = 3 };
        Assert.Equal(LegacyProblem.None, row.FindProblem());
        Assert.Equal(LegacyProblem.None, (row with { Modes = [1, 2] }).FindProblem());
        Assert.Equal(LegacyProblem.CountMismatch, (row with { Names = ["a"] }).FindProblem());
        Assert.Equal(LegacyProblem.CountMismatch, (row with { Modes = [1] }).FindProblem());
        Assert.Equal(LegacyProblem.SizeMismatch, (row with { TotalSize = 999 }).FindProblem());
        LegacyRow overflows = row with { Sizes = [ulong.MaxValue, 2], TotalSize = 1 };
        Assert.Equal(LegacyProblem.SizeMismatch, overflows.FindProblem());
        LegacyRow signed = row with { Sizes = [1UL << 63, 0], TotalSize = 1UL << 63 };
        Assert.Equal(LegacyProblem.SizeMismatch, signed.FindProblem());
        ArtifactVerdict verdict = new() { Name = "v" };
        Assert.Equal(LegacyProblem.DuplicateVerdict, (row with { Verdicts = [verdict, verdict] }).FindProblem());
    }

    [Fact]
    public void An_index_of_zeros_is_a_lost_write_and_an_empty_list_is_none()
    {
        Assert.False(LegacyIndexReader.TryRead(new byte[4096], out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.ZeroFilled, problem);
        Assert.False(LegacyIndexReader.TryRead(ReadOnlyMemory<byte>.Empty, out _, out problem));
        Assert.Equal(LegacyProblem.Truncated, problem);
        Assert.True(LegacyIndexReader.TryRead(new byte[8], out LegacyIndex? index, out _));
        Assert.Equal((LegacyIndexShape.R3, 0), (index!.Shape, index.Count));
    }

    /// <summary>Magic and first entries of a pack of 100 bytes as the hostile fixtures have them.</summary>
    [Theory]
    [InlineData("zcpk", 1, 24UL, 4UL, LegacyProblem.BadMagic)]
    [InlineData("ZCPK", 1, 24UL, 4UL, LegacyProblem.None)]
    [InlineData("ZCPK", 1, 100UL, 0UL, LegacyProblem.None)]
    [InlineData("ZCPK", 1, 0UL, 4UL, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 1, 23UL, 0UL, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 1, 101UL, 0UL, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 1, 97UL, 4UL, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 1, ulong.MaxValue - 1, 4UL, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 1, 24UL, ulong.MaxValue, LegacyProblem.RangeOutside)]
    [InlineData("ZCPK", 2, 40UL, 8UL, LegacyProblem.RangesOverlap)]
    [InlineData("ZCPK", 6, 24UL, 4UL, LegacyProblem.Truncated)]
    [InlineData("ZCPK", uint.MaxValue, 24UL, 4UL, LegacyProblem.Truncated)]
    public void A_pack_is_refused_unless_its_ranges_lie_apart_in_the_body(
        string magic, uint count, ulong offset, ulong length, object problem)
    {
        byte[] file = new byte[100];
        byte[] front = new BincodeBuilder().Raw(Encoding.ASCII.GetBytes(magic)).U32(count).U64(offset).U64(length)
            .U64(44).U64(4).ToArray();
        front.CopyTo(file, 0);
        bool isRead = LegacyPackReader.TryReadDirectory(file, file.Length, out LegacyRange[] ranges, out var found);
        Assert.Equal(problem, found);
        Assert.Equal(found == LegacyProblem.None, isRead);
        Assert.Equal(isRead, ranges.Length > 0);
    }

    [Fact]
    public void A_pack_may_have_gaps_and_any_order_but_no_directory_beyond_what_was_read()
    {
        byte[] file = new BincodeBuilder().Raw("ZCPK"u8).U32(3).U64(70).U64(10).U64(60).U64(10).U64(62).U64(0)
            .Raw(new byte[30]).ToArray();
        Assert.True(LegacyPackReader.TryReadDirectory(file, file.Length, out LegacyRange[] ranges, out _));
        Assert.Equal([new(70, 10), new(60, 10), new(62, 0)], ranges);
        ReadOnlySpan<byte> front = file.AsSpan(0, 55);
        Assert.False(LegacyPackReader.TryReadDirectory(front, file.Length, out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.Truncated, problem);
        Assert.Equal(LegacyProblem.SizeMismatch, LegacyPackReader.FindProblem(ranges, [10, 11, 0]));
    }

    [Fact]
    public void A_manifest_that_belongs_elsewhere_is_refused()
    {
        (ulong, ulong, string)[] rows = [(1, 5, s_digest), (0, 7, s_digest)];
        StagedManifest manifest = Manifest(rows, LegacyEncoding.Generation(s_key, rows));
        Assert.Equal(LegacyProblem.None, manifest.FindProblem(s_key, manifest.Generation));
        Assert.Equal([7UL, 5UL], manifest.OutputsInOrder()!.Select(row => row.Size));
        Assert.Equal(LegacyProblem.WrongKey, manifest.FindProblem(s_digest, manifest.Generation));
        Assert.Equal(LegacyProblem.WrongGeneration, manifest.FindProblem(s_key, Blake3.HashData([])));
        StagedManifest swapped = manifest with { Rows = [manifest.Rows[1], manifest.Rows[0]] };
        Assert.Equal(LegacyProblem.WrongGeneration, swapped.FindProblem(s_key, manifest.Generation));
        IReadOnlyList<StagedRow> outputs = manifest.OutputsInOrder()!;
        Assert.Equal(LegacyProblem.None, StagedManifest.FindProblem(outputs, [7, 5]));
        Assert.Equal(LegacyProblem.SizeMismatch, StagedManifest.FindProblem(outputs, [5, 7]));
        Assert.Equal(LegacyProblem.CountMismatch, StagedManifest.FindProblem(outputs, [7]));
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(0UL, 1UL << 63)]
    [InlineData(1UL, 2UL)]
    public void Manifest_indexes_are_each_output_once(ulong first, ulong second)
    {
        (ulong, ulong, string)[] rows = [(first, 1, s_digest), (second, 1, s_digest)];
        StagedManifest manifest = Manifest(rows, LegacyEncoding.Generation(s_key, rows));
        Assert.Equal(LegacyProblem.BadIndexes, manifest.FindProblem(s_key, manifest.Generation));
    }

    [Fact]
    public void A_manifest_of_another_version_or_with_capital_digits_is_refused()
    {
        byte[] newer = LegacyEncoding.Manifest(s_key, s_digest, [], version: 2);
        Assert.False(StagedManifestReader.TryRead(newer, out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.BadVersion, problem);
        byte[] capital = LegacyEncoding.Manifest(s_key, s_digest, [(0, 1, s_digest.ToUpperInvariant())]);
        Assert.False(StagedManifestReader.TryRead(capital, out _, out problem));
        Assert.Equal(LegacyProblem.BadDigest, problem);
    }

    [Theory]
    [InlineData("{0}", true)]
    [InlineData(" \t{0}\r\n", true)]
    [InlineData("", false)]
    [InlineData("abc123", false)]
    [InlineData("../../../../etc", false)]
    [InlineData("{0}0", false)]
    [InlineData("{0} {0}", false)]
    [InlineData("\u00FF{0}", false)]
    public void A_pointer_is_one_generation_between_white_space(string format, bool isRead)
    {
        byte[] file = Encoding.Latin1.GetBytes(string.Format(null, format, s_digest));
        Assert.Equal(isRead, StagedManifestReader.TryReadPointer(file, out Blake3Digest generation, out _));
        Assert.Equal(isRead, generation.ToString() == s_digest);
    }

    [Fact]
    public void A_pointer_in_capitals_or_longer_than_any_is_refused()
    {
        byte[] capital = Encoding.ASCII.GetBytes(s_digest.ToUpperInvariant());
        Assert.False(StagedManifestReader.TryReadPointer(capital, out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.BadPointer, problem);
        byte[] padded = Encoding.ASCII.GetBytes(s_digest + new string(' ', 300));
        Assert.False(StagedManifestReader.TryReadPointer(padded, out _, out _));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a/./b")]
    [InlineData("")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData("a\0b")]
    [InlineData("Contents/app")]
    [InlineData("Contents/app/below")]
    public void A_bundle_with_a_path_that_leaves_or_collides_is_refused(string path)
    {
        DirectoryBundle bundle = RealContent.Bundle with
        {
            Entries = [.. RealContent.Bundle.Entries, new(path, true, new byte[1], 0, new(0, 0))],
        };
        byte[] file = LegacyEncoding.DirectoryBundle(bundle);
        Assert.False(DirectoryBundleReader.TryRead(file, out _, out LegacyProblem problem));
        Assert.Equal(LegacyProblem.BadPath, problem);
    }

    [Theory]
    [InlineData("""{"schema":1,"compatibility":"D","index_digest":"D"}""", LegacyProblem.None)]
    [InlineData(""" {"depgraph_digest":"D","index_digest":"D","compatibility":"D","schema":1} """, LegacyProblem.None)]
    [InlineData("""{"schema":1,"compatibility":"D","index_digest":"D","depgraph_digest":null}""", LegacyProblem.None)]
    [InlineData("""{"schema":2,"compatibility":"D","index_digest":"D"}""", LegacyProblem.BadVersion)]
    [InlineData("""{"schema":1,"compatibility":"D"}""", LegacyProblem.BadMember)]
    [InlineData("""{"schema":1,"compatibility":"D","index_digest":null}""", LegacyProblem.BadMember)]
    [InlineData("""{"schema":1,"compatibility":"x","index_digest":"D"}""", LegacyProblem.BadDigest)]
    [InlineData("""{"schema":1,"schema":1,"compatibility":"D","index_digest":"D"}""", LegacyProblem.BadMember)]
    [InlineData("""{"schema":1,"compatibility":"D","index_digest":"D","more":1}""", LegacyProblem.BadMember)]
    [InlineData("""{"schema":1,"compatibility":"D","index_digest":"D"} x""", LegacyProblem.BadText)]
    [InlineData("""[1]""", LegacyProblem.BadMember)]
    [InlineData("", LegacyProblem.Truncated)]
    [InlineData("{", LegacyProblem.BadText)]
    public void A_snapshot_descriptor_has_exactly_its_members(string json, object problem)
    {
        byte[] file = Encoding.UTF8.GetBytes(json.Replace("\"D\"", $"\"{s_digest}\"", StringComparison.Ordinal));
        bool isRead = SnapshotDescriptor.TryRead(file, out _, out LegacyProblem found);
        Assert.Equal(found == LegacyProblem.None, isRead);
        Assert.Equal(problem, found);
    }

    private static StagedManifest Manifest((ulong, ulong, string)[] rows, string generation)
    {
        byte[] file = LegacyEncoding.Manifest(s_key, generation, rows);
        Assert.True(StagedManifestReader.TryRead(file, out StagedManifest? manifest, out _));
        return manifest!;
    }
}
