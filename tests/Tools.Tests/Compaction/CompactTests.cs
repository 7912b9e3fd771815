using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Compaction;

public sealed class CompactTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_plan_has_the_numbers_of_the_run_and_touches_nothing()
    {
        await ChurnAsync(20);
        Directory.CreateDirectory(Path.Combine(Store, "loose", "00"));
        await File.WriteAllBytesAsync(Path.Combine(Store, "loose", "00", "0001_0.2a"), new byte[123]);
        await File.WriteAllBytesAsync(Path.Combine(Store, "loose", "00", "00000000deadbeef.tmp"), new byte[1000]);
        Dictionary<string, (DateTime Time, long Length)> before = Files();
        JsonElement plan = await ToolRun.ExpectJson(ExitCode.Ok, "compact", Store, "-n");
        Assert.Equal(before, Files());
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        await ToolRun.Expect(ExitCode.WouldChange, "compact", Store, "-n", "--detailed-exit-code");

        JsonElement run = await ToolRun.ExpectJson(ExitCode.Ok, "compact", Store);

        foreach (string name in new[]
        {
            "before", "after", "freedBytes", "writtenBytes", "evicted", "removedSegments", "writtenSegments",
            "relocatedRecords", "keptTombstones", "droppedTombstones", "sweptFiles", "sweptBytes",
        })
        {
            Assert.Equal(run.GetProperty(name).GetRawText(), plan.GetProperty(name).GetRawText());
        }

        Assert.True(run.GetProperty("freedBytes").GetInt64() > 0);
        Assert.Equal(2, run.GetProperty("sweptFiles").GetInt64());
        Assert.Equal(1123, run.GetProperty("sweptBytes").GetInt64());
        Assert.Empty(Directory.GetFiles(Path.Combine(Store, "loose", "00")));
        // Tombstones are only known to be needless once the files of what they removed are gone.
        await ToolRun.Expect(ExitCode.Ok, "compact", Store);
        await ToolRun.Expect(ExitCode.Ok, "compact", Store, "-n", "--detailed-exit-code");
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    [Fact]
    public async Task Right_after_it_the_disk_is_within_the_bound()
    {
        await ChurnAsync(30);
        await ToolRun.Expect(ExitCode.Ok, "compact", Store);
        JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", Store);
        double bound = (1.25 * stat.GetProperty("liveBytes").GetInt64())
            + stat.GetProperty("segmentSize").GetInt64() + (1 << 20);
        Assert.True(stat.GetProperty("diskBytes").GetInt64() <= bound);
    }

    [Fact]
    public async Task It_prints_a_table_of_before_and_after()
    {
        await ChurnAsync(10);
        ToolRun plan = await ToolRun.Expect(ExitCode.Ok, "compact", Store, "-n");
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "compact", Store, "--dead-ratio", "20%");
        Assert.Contains("BEFORE", run.Text, StringComparison.Ordinal);
        Assert.Contains("freed", run.Text, StringComparison.Ordinal);
        Assert.StartsWith("PLAN", plan.Text, StringComparison.Ordinal);
        Assert.Equal(run.Lines, plan.Lines[1..]);
    }

    [Fact]
    public async Task An_interrupted_run_says_so_and_leaves_a_sound_store()
    {
        await ChurnAsync(20);
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        ToolRun run = await ToolRun.Of(source.Token, "compact", Store);
        Assert.Equal(130, run.Code);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        await ToolRun.Expect(ExitCode.Ok, "compact", Store);
    }

    [Theory]
    [InlineData("--dead-ratio", "0%")]
    [InlineData("--dead-ratio", "101%")]
    [InlineData("--limit-rate", "fast")]
    public async Task Options_that_make_no_sense_are_refused(string option, string value)
    {
        await ChurnAsync(1);
        await ToolRun.Expect(ExitCode.Usage, "compact", Store, option, value);
    }

    [Fact]
    public async Task What_is_no_store_is_left_alone()
    {
        await ToolRun.Expect(ExitCode.Format, "compact", _temporary["absent"]);
        Directory.CreateDirectory(_temporary["other"]);
        await File.WriteAllTextAsync(_temporary["other/file"], "x");
        await ToolRun.Expect(ExitCode.Format, "compact", _temporary["other"]);
        Assert.Single(Directory.GetFileSystemEntries(_temporary["other"]));
    }

    [Fact]
    public async Task A_store_that_somebody_has_open_is_locked_but_can_be_planned_for()
    {
        await ChurnAsync(20);
        using ArtifactStore holder = ArtifactStore.Open(Store);
        await ToolRun.Expect(ExitCode.Locked, "compact", Store);
        await ToolRun.Expect(ExitCode.Ok, "compact", Store, "-n");
    }

    private async Task ChurnAsync(int rounds)
    {
        using ArtifactStore store = ArtifactStore.Open(Store, new PackStoreOptions { SegmentSizeBytes = 64 << 10 });
        for (int round = 0; round < rounds; round++)
        {
            for (int key = 0; key < 30; key++)
            {
                await store.PutAsync(
                    ArtifactKey.Parse($"{key:x4}"), new ArtifactOutcome(),
                    [ArtifactPayload.FromBytes("out", new byte[500 + round])]);
            }

            await store.RemoveAsync(ArtifactKey.Parse($"{round % 30:x4}"));
        }
    }

    private Dictionary<string, (DateTime Time, long Length)> Files() =>
        new DirectoryInfo(Store).EnumerateFiles("*", SearchOption.AllDirectories)
            .ToDictionary(static f => f.FullName, static f => (f.LastWriteTimeUtc, f.Length));
}
