using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Processes;

/// <summary>SIGTERM in the midst of every long verb, and limits: the exit code says so, and the store is
/// sound.</summary>
public sealed class SignalTests : IDisposable
{
    private const int MostTries = 30;
    private const int Files = 600;
    private const int FileBytes = 60_000;

    private readonly TemporaryDirectory _temporary = new();

    private string Source => _temporary["source"];

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [SkippableFact]
    public async Task An_import_that_is_terminated_leaves_a_sound_store_and_can_be_run_again()
    {
        MakeSource();
        await InterruptAsync(
            ["import", Store, Source, "--from", "dir"], "segments", ExitCode.Ok, prepare: () => Remove(Store),
            check: async () => await ToolRun.Expect(ExitCode.Ok, "verify", Store));

        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "--from", "dir");
        System.Text.Json.JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", Store);
        Assert.Equal(Files, stat.GetProperty("artifacts").GetInt64());
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    [SkippableFact]
    public async Task A_verification_that_is_terminated_changes_nothing()
    {
        await MakeStoreAsync();
        string[] before = DirectorySnapshot.Of(Store);
        await InterruptAsync(
            ["verify", Store], "segments", ExitCode.Ok, prepare: () => { }, check: () => Task.CompletedTask);
        Assert.Equal(before, DirectorySnapshot.Of(Store));
    }

    [SkippableFact]
    public async Task An_export_that_is_terminated_leaves_two_sound_stores()
    {
        await MakeStoreAsync();
        string target = _temporary["target"];
        await InterruptAsync(
            ["export", Store, target], "target/segments", ExitCode.Ok, prepare: () => Remove(target),
            check: async () => await ToolRun.Expect(ExitCode.Ok, "verify", target));
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    [SkippableFact]
    public async Task A_repair_that_is_terminated_is_finished_by_the_next()
    {
        await MakeStoreAsync();
        Damage.Flip(Store, File.ReadAllBytes(Path.Join(Source, "file-300")));
        string damaged = _temporary["damaged"];
        await InterruptAsync(
            ["repair", damaged], "segments", ExitCode.Repaired,
            prepare: () =>
            {
                Remove(damaged);
                Shell.Run("cp -a store damaged", _temporary);
            },
            check: async () =>
            {
                ToolRun again = await ToolRun.Of("repair", damaged);
                Assert.Contains((ExitCode)again.Code, new[] { ExitCode.Ok, ExitCode.Repaired });
                await ToolRun.Expect(ExitCode.Ok, "verify", damaged);
                System.Text.Json.JsonElement stat = await ToolRun.ExpectJson(ExitCode.Ok, "stat", damaged);
                Assert.Equal(Files - 1, stat.GetProperty("artifacts").GetInt64());
            });
    }

    [SkippableFact]
    public async Task A_limit_on_the_length_of_files_is_no_space_and_does_not_end_the_process()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the limit is Linux's");
        MakeSource();
        using ToolProcess tool = ToolProcess.Start(
            ["bash", "-c", "ulimit -f 2000 && exec \"$@\"", "limit"], "import", Store, Source, "--from", "dir");
        (int code, string said) = tool.Finish();
        Assert.True(code == (int)ExitCode.NoSpace, $"exit {code}\n{said}");
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "--from", "dir");
    }

    /// <summary>Terminates the tool once it has the store's files open, until that has met it at work three
    /// times.</summary>
    private static async Task InterruptAsync(
        string[] arguments, string whenOpen, ExitCode whenLate, Action prepare, Func<Task> check)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "signals and /proc are Linux's");
        int interrupted = 0;
        for (int i = 0; i < MostTries && interrupted < 3; i++)
        {
            prepare();
            using ToolProcess tool = ToolProcess.Start([], arguments);
            if (tool.WaitUntilItHasOpen(whenOpen))
            {
                Thread.SpinWait(i * 5000);
                tool.Terminate();
            }

            (int code, string said) = tool.Finish();
            Assert.True(code == (int)ExitCode.Interrupted || code == (int)whenLate, $"exit {code}\n{said}");
            interrupted += code == (int)ExitCode.Interrupted ? 1 : 0;
            await check();
        }

        Assert.True(interrupted > 0, $"{MostTries} runs ended before the signal came");
    }

    private async Task MakeStoreAsync()
    {
        MakeSource();
        await ToolRun.Expect(ExitCode.Ok, "init", Store, "--segment-size", "16M");
        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "--from", "dir");
    }

    private void MakeSource()
    {
        Random random = new(15);
        byte[] bytes = new byte[FileBytes];
        for (int i = 0; i < Files; i++)
        {
            random.NextBytes(bytes);
            _temporary.WriteFile($"source/file-{i}", bytes);
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
