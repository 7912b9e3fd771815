using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Space;

/// <summary><c>compact --max-bytes</c> and <c>--max-age</c>.</summary>
public sealed class CompactEvictionTests
{
    private const int Artifacts = 40;

    [Fact]
    public async Task A_cap_is_kept_and_the_plan_gives_the_same_numbers()
    {
        using TemporaryDirectory temporary = new();
        string store = temporary["store"];
        await FillAsync(temporary, store);
        long live = (await ToolRun.ExpectJson(ExitCode.Ok, "stat", store)).GetProperty("liveBytes").GetInt64();
        string cap = (live / 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] before = DirectorySnapshot.Of(store);
        JsonElement plan = await ToolRun.ExpectJson(ExitCode.Ok, "compact", store, "--max-bytes", cap, "-n");
        Assert.Equal(before, DirectorySnapshot.Of(store));
        await ToolRun.Expect(
            ExitCode.WouldChange, "compact", store, "--max-bytes", cap, "-n", "--detailed-exit-code");

        JsonElement done = await ToolRun.ExpectJson(ExitCode.Ok, "compact", store, "--max-bytes", cap);
        foreach (string field in (string[])["before", "after", "freedBytes", "writtenBytes", "evicted", "evictedBytes"])
        {
            Assert.Equal(plan.GetProperty(field).ToString(), done.GetProperty(field).ToString());
        }

        JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", store);
        Assert.InRange(stat.GetProperty("liveBytes").GetInt64(), 1, live / 2);
        Assert.Equal(
            Artifacts - done.GetProperty("evicted").GetInt64(), stat.GetProperty("artifacts").GetInt64());
        long bound = (stat.GetProperty("liveBytes").GetInt64() * 5 / 4) + stat.GetProperty("segmentSize").GetInt64();
        Assert.InRange(stat.GetProperty("diskBytes").GetInt64(), 0, bound + (1 << 20));
        await ToolRun.Expect(ExitCode.Ok, "verify", store);
    }

    [Fact]
    public async Task A_plan_for_people_names_victims_and_says_why()
    {
        using TemporaryDirectory temporary = new();
        await FillAsync(temporary, temporary["store"]);
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "compact", temporary["store"], "--max-bytes", "0", "-n");
        Assert.Contains("least recently used", run.Text, StringComparison.Ordinal);
        Assert.Contains("... and 20 more", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_too_old_that_was_just_put()
    {
        using TemporaryDirectory temporary = new();
        await FillAsync(temporary, temporary["store"]);
        JsonElement done = await ToolRun.ExpectJson(ExitCode.Ok, "compact", temporary["store"], "--max-age", "2h");
        Assert.Equal(0, done.GetProperty("evicted").GetInt64());
        await ToolRun.Expect(ExitCode.Usage, "compact", temporary["store"], "--max-age", "soon");
        await ToolRun.Expect(ExitCode.Usage, "compact", temporary["store"], "--max-bytes", "much");
    }

    private static async Task FillAsync(TemporaryDirectory temporary, string store)
    {
        await ToolRun.Expect(ExitCode.Ok, "init", store, "--segment-size", "256KiB");
        string file = temporary.WriteFile("payload", new byte[30_000]);
        for (int i = 0; i < Artifacts; i++)
        {
            await ToolRun.Expect(ExitCode.Ok, "put", store, $"{i + 16:x2}", file);
        }
    }
}
