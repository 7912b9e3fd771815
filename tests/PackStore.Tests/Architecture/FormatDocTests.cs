using Xunit;

namespace PackStore.Tests.Architecture;

/// <summary>FORMAT.md is the truth about the bytes because the constants of the code are compared with it.</summary>
public class FormatDocTests
{
    private const string Heading = "## 2 Files\n\n## 3 Structures\n\n### 3.1 Sample\n\n" + Table;

    private const string Table = "<!-- layout: Sample -->\n\n" +
        "| offset | size | field | meaning | valid when |\n|---|---|---|---|---|\n";

    private const string OtherName = "<!-- layout: Other -->\n";

    private const string Rows = "| 0 | 4 | magic | says so | always |\n| 4 | 0x2 | `key length` | bytes | always |\n";

    [Fact]
    public void Tables_and_constants_agree() => Findings.AssertNone(FormatDocument.Compare(
        FormatDocument.ReadTables(Repository.TryReadText("FORMAT.md") ?? ""),
        FormatDocument.ReadClasses(typeof(ArtifactStore).Assembly)));

    [Fact]
    public void There_are_layouts_to_compare() =>
        Assert.NotEmpty(FormatDocument.ReadClasses(typeof(ArtifactStore).Assembly));

    [Fact]
    public void A_table_that_agrees_is_accepted() => Findings.AssertNone(Compare(Heading + Rows));

    [Theory]
    [InlineData("| 0 | 4 | magic | | |\n| 4 | 2 | key size | | |\n", "KEYSIZE has a row in FORMAT.md and no constants")]
    [InlineData("| 0 | 4 | magic | | |\n", "KEYLENGTH has 0 rows")]
    [InlineData(Rows + "| 4 | 2 | key length | | |\n", "KEYLENGTH has 2 rows")]
    [InlineData("| 0 | 4 | magic | | |\n| 5 | 2 | key length | | |\n", "KEYLENGTH is at 5, 2 bytes in FORMAT.md, at 4")]
    [InlineData("| 0 | 4 | magic | | |\n| 5 | 2 | key length | | |\n", "KEYLENGTH is at 5, the row before it ends")]
    [InlineData("| 0 | 4 | magic | | |\n| 4 | 1 | key length | | |\n", "the rows run from 0 to 5, Size is 6")]
    [InlineData("| 0 | 4 | magic | | |\n| 4 | n | key length | | |\n", "not a row of five cells")]
    [InlineData("| 0 | 4 | magic | | |\n| 4 | 2 | key length | |\n", "not a row of five cells")]
    public void A_table_that_differs_is_found(string rows, string expected) =>
        Assert.Contains(Compare(Heading + rows), finding => finding.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void A_layout_without_a_table_is_found() =>
        Findings.AssertOne(Compare("## 3 Structures\n"), "Sample: 0 tables");

    [Fact]
    public void A_second_table_is_found() =>
        Assert.Contains("Sample: 2 tables in FORMAT.md, expected 1", Compare(Heading + Rows + "\n" + Table + Rows));

    [Fact]
    public void A_table_without_a_name_is_found()
    {
        string text = (Heading + Rows).Replace("<!-- layout: Sample -->", "", StringComparison.Ordinal);
        Assert.Contains(Compare(text), finding => finding.Contains("no layout comment", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_without_a_table_is_found() =>
        Assert.Contains("Other: the comment has no table after it", Compare(Heading + Rows + OtherName));

    [Fact]
    public void A_table_without_a_class_is_found() => Findings.AssertOne(
        FormatDocument.Compare(FormatDocument.ReadTables(Heading + Rows), []), "the code has no SampleLayout");

    [Fact]
    public void Tables_of_other_sections_are_not_read() =>
        Assert.Empty(FormatDocument.ReadTables((Heading + Rows).Replace("## 3", "## 4", StringComparison.Ordinal)));

    [Fact]
    public void A_constant_without_its_partner_is_found()
    {
        FormatDocument.Layout layout = FormatDocument.ReadClass(typeof(BrokenLayout));
        string[] expected =
            ["MagicOffset has no MagicSize", "FlagsSize has no FlagsOffset", "there is no constant Size"];
        Assert.Equal(expected, layout.Problems);
    }

    private static List<string> Compare(string document)
    {
        FormatDocument.Layout sample = FormatDocument.ReadClass(typeof(SampleLayout));
        return [.. FormatDocument.Compare(FormatDocument.ReadTables(document), [sample])];
    }

    private static class SampleLayout
    {
        public const uint Magic = 0x4b434150;
        public const int MagicOffset = 0;
        public const int MagicSize = 4;
        public const int KeyLengthOffset = MagicOffset + MagicSize;
        public const int KeyLengthSize = 2;
        public const int Size = KeyLengthOffset + KeyLengthSize;
    }

    private static class BrokenLayout
    {
        public const int MagicOffset = 0;
        public const int FlagsSize = 4;
    }
}
