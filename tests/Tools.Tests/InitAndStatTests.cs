using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class InitAndStatTests
{
    [Fact]
    public async Task A_new_store_is_empty()
    {
        using TemporaryDirectory temporary = new();
        JsonElement created =
            await ToolRun.ExpectJson(ExitCode.Ok, "init", temporary["store"], "--segment-size", "1MiB");
        Assert.True(created.GetProperty("created").GetBoolean());
        JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", temporary["store"]);
        Assert.Equal(0, stat.GetProperty("artifacts").GetInt64());
        Assert.Equal(1 << 20, stat.GetProperty("segmentSize").GetInt64());
    }

    [Fact]
    public async Task A_store_that_is_there_is_left_as_it_is()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Ok, "init", temporary["store"]);
        string[] before = DirectorySnapshot.Of(temporary["store"]);
        JsonElement again = await ToolRun.ExpectJson(ExitCode.Ok, "init", temporary["store"]);
        Assert.False(again.GetProperty("created").GetBoolean());
        Assert.Equal(before, DirectorySnapshot.Of(temporary["store"]));
        await ToolRun.Expect(ExitCode.Failed, "init", temporary["store"], "--segment-size", "1M");
    }

    [Fact]
    public async Task Stat_has_the_fields_that_scripts_rely_on()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab", temporary.WriteFile("f", "payload"u8));
        JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", temporary["store"]);
        foreach (string field in (string[])
            ["artifacts", "payloads", "liveBytes", "deadBytes", "looseFiles", "looseBytes", "diskBytes", "segments",
                "segmentSize"])
        {
            Assert.Equal(JsonValueKind.Number, stat.GetProperty(field).ValueKind);
        }

        Assert.Equal(1, stat.GetProperty("artifacts").GetInt64());
        Assert.Equal(1, stat.GetProperty("payloads").GetInt64());
        Assert.Equal(1,
            stat.GetProperty("ages").EnumerateArray().Sum(static a => a.GetProperty("artifacts").GetInt64()));
    }

    [Fact]
    public async Task Stat_for_people_is_aligned_and_has_an_age_table()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab");
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "stat", temporary["store"]);
        Assert.Contains("artifacts   1, 0 payloads", run.Text, StringComparison.Ordinal);
        Assert.Contains("LAST USED", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stat")]
    [InlineData("ls")]
    [InlineData("verify")]
    [InlineData("show", "ab")]
    [InlineData("get", "ab", "-o", "-")]
    [InlineData("rm", "ab")]
    [InlineData("export", "/nonexistent/copy")]
    public async Task On_an_absent_path_verbs_that_need_a_store_exit_8(string verb, params string[] rest)
    {
        using TemporaryDirectory temporary = new();
        ToolRun run = await ToolRun.Expect(ExitCode.Format, [verb, temporary["absent"], .. rest]);
        Assert.Empty(run.Output);
        Assert.False(Path.Exists(temporary["absent"]));
    }

    [Theory]
    [InlineData("init")]
    [InlineData("stat")]
    [InlineData("ls")]
    [InlineData("verify")]
    [InlineData("put", "ab")]
    [InlineData("put", "ab", "-n")]
    [InlineData("rm", "ab")]
    [InlineData("get", "ab", "-o", "-")]
    [InlineData("import", "/usr/share/doc/base-files")]
    public async Task On_a_directory_that_is_no_store_verbs_exit_8_and_leave_it_untouched(string verb,
        params string[] rest)
    {
        using TemporaryDirectory temporary = new();
        temporary.WriteFile("other/readme", "not a store"u8);
        string[] before = DirectorySnapshot.Of(temporary["other"]);
        await ToolRun.Expect(ExitCode.Format, [verb, temporary["other"], .. rest]);
        Assert.Equal(before, DirectorySnapshot.Of(temporary["other"]));
    }

    [Theory]
    [InlineData("init")]
    [InlineData("stat")]
    [InlineData("verify")]
    [InlineData("put", "ab")]
    public async Task A_file_is_no_store(string verb, params string[] rest)
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Format, [verb, temporary.WriteFile("file", "x"u8), .. rest]);
    }

    [Fact]
    public async Task A_segment_served_without_its_header_is_told_and_exported_whole()
    {
        using TemporaryDirectory temporary = new();
        string store = temporary["store"];
        await ToolRun.Expect(ExitCode.Ok, "init", store, "--segment-size", "16KiB");
        for (int i = 0; i < 6; i++)
        {
            await ToolRun.Expect(ExitCode.Ok, "put", store, $"0{i}", temporary.WriteFile($"f{i}", new byte[5000]));
        }

        Assert.Equal(0, await CountAsync());
        string path = Path.Join(store, "segments", "00000001.seg");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[100] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.Equal(1, await CountAsync());
        Assert.Contains(
            "headers of 1 segment", (await ToolRun.Expect(ExitCode.Ok, "stat", store)).Text, StringComparison.Ordinal);
        JsonElement report = await ToolRun.ExpectJson(ExitCode.Damage, "verify", store);
        Assert.Equal(0, report.GetProperty("lost").GetProperty("artifacts").GetInt64());
        JsonElement exported = await ToolRun.ExpectJson(ExitCode.Ok, "export", store, temporary["copy"]);
        Assert.Equal(6, exported.GetProperty("exported").GetInt64());
        await ToolRun.Expect(ExitCode.Repaired, "repair", store);
        await ToolRun.Expect(ExitCode.Ok, "verify", store);
        Assert.Equal(0, await CountAsync());

        async Task<long> CountAsync() => (await ToolRun.ExpectJson(ExitCode.Ok, "stat", store))
            .GetProperty("damagedHeaders").GetInt64();
    }
}
