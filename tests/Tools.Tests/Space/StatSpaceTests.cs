using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Space;

/// <summary>Where the space went: every byte, as du counts it, and by age, size and segment.</summary>
public sealed class StatSpaceTests
{
    [Fact]
    public async Task Stat_explains_every_byte_that_du_counts()
    {
        using TemporaryDirectory temporary = new();
        string store = temporary["store"];
        await FillAsync(temporary, store);
        // What a crash may leave, and what repair put away.
        temporary.WriteFile("store/loose/ab/00000000deadbeef.tmp", new byte[10_000]);
        temporary.WriteFile("store/quarantine/00000001.seg", new byte[20_000]);

        JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", store);
        Shell.Run($"du -sB1 '{store}' | cut -f1 > '{temporary["du"]}'", temporary["."]);
        long du = long.Parse(await File.ReadAllTextAsync(temporary["du"]), CultureInfo.InvariantCulture);
        Assert.Equal(du, stat.GetProperty("diskBytes").GetInt64());
        JsonElement[] space = [.. stat.GetProperty("space").EnumerateArray()];
        Assert.Equal(du, space.Sum(static s => s.GetProperty("bytes").GetInt64()));
        Assert.Equal(stat.GetProperty("liveBytes").GetInt64(), BytesOf("live records") + BytesOf("loose files"));
        Assert.Equal(stat.GetProperty("deadBytes").GetInt64(), BytesOf("dead records"));
        Assert.Equal(10_000, stat.GetProperty("orphanedLooseBytes").GetInt64());
        Assert.Equal(1, stat.GetProperty("orphanedLooseFiles").GetInt64());
        Assert.InRange(stat.GetProperty("quarantineBytes").GetInt64(), 20_000, 24_576);

        ToolRun people = await ToolRun.Expect(ExitCode.Ok, "stat", store);
        Assert.Contains("orphaned loose files", people.Text, StringComparison.Ordinal);

        long BytesOf(string use) =>
            space.Single(s => s.GetProperty("use").GetString() == use).GetProperty("bytes").GetInt64();
    }

    [Fact]
    public async Task Distributions_add_up_to_the_totals()
    {
        using TemporaryDirectory temporary = new();
        string store = temporary["store"];
        await FillAsync(temporary, store);
        JsonElement bySize = await ToolRun.ExpectJson(ExitCode.Ok, "stat", store, "--by", "size");
        long live = bySize.GetProperty("liveBytes").GetInt64();
        Assert.Equal(4, Sum(bySize.GetProperty("bySize"), "artifacts"));
        Assert.Equal(live, Sum(bySize.GetProperty("bySize"), "bytes"));

        JsonElement byAge = (await ToolRun.ExpectJson(ExitCode.Ok, "stat", store, "--by", "age")).GetProperty("byAge");
        Assert.Equal(4, Sum(byAge.GetProperty("ages"), "artifacts"));
        Assert.Equal(live, Sum(byAge.GetProperty("ages"), "bytes"));
        JsonElement last = byAge.GetProperty("caps").EnumerateArray().Last();
        Assert.Equal(live, last.GetProperty("maxBytes").GetInt64());
        Assert.Equal(1, last.GetProperty("keptUses").GetDouble());

        JsonElement bySegment = await ToolRun.ExpectJson(ExitCode.Ok, "stat", store, "--by", "segment");
        Assert.Equal(
            bySegment.GetProperty("deadBytes").GetInt64(), Sum(bySegment.GetProperty("bySegment"), "deadBytes"));
        Assert.Equal(
            live - bySegment.GetProperty("looseBytes").GetInt64(),
            Sum(bySegment.GetProperty("bySegment"), "liveBytes"));
    }

    [Theory]
    [InlineData("age", "WOULD HAVE KEPT")]
    [InlineData("size", "SIZE")]
    [InlineData("segment", "RESERVED")]
    public async Task Distributions_for_people_have_a_table(string by, string expected)
    {
        using TemporaryDirectory temporary = new();
        await FillAsync(temporary, temporary["store"]);
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "stat", temporary["store"], "--by", by);
        Assert.Contains(expected, run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_word_behind_by_is_a_mistake_of_usage()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Usage, "stat", temporary["store"], "--by", "colour");
    }

    private static async Task FillAsync(TemporaryDirectory temporary, string store)
    {
        string small = temporary.WriteFile("small", new byte[500]);
        string large = temporary.WriteFile("large", new byte[5 << 20]);
        await ToolRun.Expect(ExitCode.Ok, "put", store, "ab", small);
        await ToolRun.Expect(ExitCode.Ok, "put", store, "ab", small, small, "--name", "a", "--name", "b");
        await ToolRun.Expect(ExitCode.Ok, "put", store, "abcd", large);
        await ToolRun.Expect(ExitCode.Ok, "put", store, "cd", small);
        await ToolRun.Expect(ExitCode.Ok, "put", store, "ef");
        await ToolRun.Expect(ExitCode.Ok, "put", store, "99", small);
        await ToolRun.Expect(ExitCode.Ok, "rm", store, "99");
    }

    private static long Sum(JsonElement array, string field) =>
        array.EnumerateArray().Sum(e => e.GetProperty(field).GetInt64());
}
