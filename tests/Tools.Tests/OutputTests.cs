using PackStore.Tools.Output;

namespace PackStore.Tools.Tests;

public sealed class OutputTests
{
    [Fact]
    public void A_progress_line_has_share_rate_and_time_to_go() => Assert.Equal(
        "verify     50%  1.0 GiB/2.0 GiB  102.4 MiB/s  eta 0:10  7 items  2 damaged",
        PlainProgressMeter.Format("verify", new ProgressPoint(1L << 30, 2L << 30, 7, 2), TimeSpan.FromSeconds(10)));

    [Fact]
    public void A_progress_line_without_a_total_has_no_share() => Assert.Equal(
        "import    1.0 KiB  0 B/s  1 items",
        PlainProgressMeter.Format("import", new ProgressPoint(1024, 0, 1, 0), TimeSpan.Zero));

    [Fact]
    public async Task Tables_in_pipes_are_aligned_and_have_no_boxes()
    {
        using MemoryStream output = new();
        await using (ToolConsole console = new(output, TextWriter.Null))
        {
            new TextReport(console).Table(["NAME", ">SIZE"], [["a", "1"], ["long name", "100"]]);
        }

        Assert.Equal("  NAME       SIZE\n  a             1\n  long name   100\n",
            System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public async Task A_terminal_gets_colours_unless_they_are_unwanted()
    {
        Assert.Contains("\u001b[", await TitleOnTerminal(useColors: true), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[3", await TitleOnTerminal(useColors: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_exit_code_has_a_name() =>
        Assert.All(Enum.GetValues<ExitCode>(), static c => Assert.Equal(
            c.ToString().ToLowerInvariant(), JsonReport.NameOf(c)));

    private static async Task<string> TitleOnTerminal(bool useColors)
    {
        using MemoryStream output = new();
        await using (ToolConsole console = new(output, TextWriter.Null) { OutIsTerminal = true, UseColors = useColors })
        {
            new TextReport(console).Line("damage", Tone.Bad);
        }

        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }
}
