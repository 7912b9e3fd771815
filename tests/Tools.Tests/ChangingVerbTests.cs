using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class ChangingVerbTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Plans_of_a_new_store_make_none()
    {
        _temporary.WriteFile("source/a", "one"u8);
        string[][] runs = [["init", Store], ["put", Store, "ab"], ["import", Store, _temporary["source"]]];
        foreach (string[] run in runs)
        {
            Assert.Contains("PLAN", (await ToolRun.Expect(ExitCode.Ok, [.. run, "-n"])).Text, StringComparison.Ordinal);
            JsonElement result =
                await ToolRun.ExpectJson(ExitCode.WouldChange, [.. run, "--dry-run", "--detailed-exit-code"]);
            Assert.True(result.GetProperty("dryRun").GetBoolean());
            Assert.False(Path.Exists(Store));
        }
    }

    [Fact]
    public async Task Plans_change_nothing_not_even_a_timestamp()
    {
        _temporary.WriteFile("source/a", "one"u8);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", _temporary["source/a"]);
        string[] before = DirectorySnapshot.Of(_temporary);
        await ToolRun.Expect(ExitCode.Ok, "init", Store, "-n");
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "cd", _temporary["source/a"], "-n");
        await ToolRun.Expect(ExitCode.WouldChange, "rm", Store, "ab", "-n", "--detailed-exit-code");
        await ToolRun.Expect(ExitCode.NotFound, "rm", Store, "ab", "ff", "-n", "--detailed-exit-code");
        await ToolRun.Expect(
            ExitCode.WouldChange, "import", Store, _temporary["source"], "-n", "--detailed-exit-code",
            "--report", _temporary["report"]);
        await ToolRun.Expect(ExitCode.Ok, "export", Store, _temporary["copy"], "-n");
        Assert.Equal(before, DirectorySnapshot.Of(_temporary));
    }

    [Fact]
    public async Task A_plan_counts_what_the_run_then_does()
    {
        for (int i = 0; i < 100; i++)
        {
            _temporary.WriteFile($"source/{i}", BitConverter.GetBytes(i % 30));
        }

        JsonElement plan = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, _temporary["source"], "-n");
        JsonElement run = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, _temporary["source"]);
        foreach (string field in (string[])["imported", "duplicates", "skipped", "bytes"])
        {
            Assert.Equal(plan.GetProperty(field).GetInt64(), run.GetProperty(field).GetInt64());
        }

        await ToolRun.Expect(ExitCode.Ok, "import", Store, _temporary["source"], "-n", "--detailed-exit-code");
    }

    [Fact]
    public async Task A_locked_store_is_left_alone_and_its_holder_is_named()
    {
        _temporary.WriteFile("source/a", "one"u8);
        await using ArtifactStore holder = ArtifactStore.Open(Store);
        await holder.PutAsync(ArtifactKey.Parse("ab"), ArtifactOutcome.Success, []);
        string[][] writers = [["put", Store, "cd"], ["rm", Store, "ab"], ["import", Store, _temporary["source"]]];
        foreach (string[] writer in writers)
        {
            JsonElement result = await ToolRun.ExpectJson(ExitCode.Locked, writer);
            Assert.Equal("locked", result.GetProperty("exit").GetProperty("name").GetString());
            Assert.Contains($"{Environment.ProcessId}", result.GetProperty("error").GetString(),
                StringComparison.Ordinal);
            Assert.Equal(Environment.ProcessId, result.GetProperty("lock").GetProperty("pid").GetInt32());
            Assert.NotEmpty(result.GetProperty("lock").GetProperty("host").GetString()!);
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
                result.GetProperty("lock").GetProperty("since").GetString());
        }
    }

    [Fact]
    public async Task Reading_verbs_work_beside_a_live_writer()
    {
        await using ArtifactStore writer = ArtifactStore.Open(Store);
        await writer.PutAsync(
            ArtifactKey.Parse("ab"), ArtifactOutcome.Success, [ArtifactPayload.FromBytes("o", "bytes"u8.ToArray())]);
        Assert.Equal("bytes", (await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "-o", "-")).Text);
        Assert.Single((await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Lines);
        await ToolRun.Expect(ExitCode.Ok, "show", Store, "ab");
        await ToolRun.Expect(ExitCode.Ok, "stat", Store);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        await ToolRun.Expect(ExitCode.Ok, "export", Store, _temporary["copy"]);
    }

    [SkippableFact]
    public async Task Without_write_permission_changing_verbs_exit_11_and_reading_verbs_work()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root writes everywhere");
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab");
        Shell.Run("chmod -R a-w .", Store);
        await ToolRun.ExpectJson(ExitCode.ReadOnly, "put", Store, "cd");
        await ToolRun.ExpectJson(ExitCode.ReadOnly, "rm", Store, "ab");
        await ToolRun.Expect(ExitCode.Ok, "show", Store, "ab");
        Shell.Run("chmod -R u+w .", Store);
    }

    [Theory]
    [InlineData("import")]
    [InlineData("ls")]
    [InlineData("verify")]
    public async Task An_interrupted_run_exits_130(string verb)
    {
        _temporary.WriteFile("source/a", "one"u8);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab");
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        string[] arguments = verb == "import" ? [verb, Store, _temporary["source"]] : [verb, Store];
        ToolRun run = await ToolRun.Of(stop.Token, arguments);
        Assert.Equal(130, run.Code);
        Assert.Contains("interrupted", run.Error, StringComparison.Ordinal);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }
}
