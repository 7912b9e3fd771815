using System.Globalization;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Processes;

/// <summary>Ctrl-C, and SIGTERM, at moments from the first to the last of a compaction: the exit code says so, and the
/// store has every artifact, verifies clean, and keeps nothing half written.</summary>
public sealed class CompactSignalTests : IDisposable
{
    private const int Artifacts = 400;
    private const int PayloadBytes = 30_000;

    // A shell that starts its commands in the background has them ignore SIGINT, and so all below them.
    private static readonly string[] s_prefix = ["env", "--default-signal=INT"];

    private readonly TemporaryDirectory _temporary = new();

    private string Template => _temporary["template"];

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_compaction_that_is_interrupted_at_any_moment_leaves_a_sound_store(string signal)
    {
        SkipWhereSignalsAreOthers();
        await ChurnAsync();
        int segments = SegmentFiles(Template).Length;
        Assert.InRange(segments, 10, 30);
        int interrupted = 0;

        // How many of the segments that were there are to be gone when the signal comes; the first one comes as soon as
        // the store is open.
        foreach (int gone in new[] { 0, 1, segments / 2, segments - 4 })
        {
            CopyTemplate();
            HashSet<string> before = [.. SegmentFiles(Store)];
            using ToolProcess tool = ToolProcess.Start(s_prefix, "compact", Store, "--limit-rate", "12M");
            bool isThere = gone == 0
                ? tool.WaitUntilItHasOpen("store/LOCK")
                : tool.WaitUntil(() => before.Count(File.Exists) <= before.Count - gone);
            tool.Send(signal);
            (int code, string said) = tool.Finish();
            Assert.True(isThere, $"{gone} gone: it ended before\n{said}");
            bool isLate = code == (int)ExitCode.Ok && gone > segments / 2;
            Assert.True(code == (int)ExitCode.Interrupted || isLate, $"{gone} gone: exit {code}\n{said}");
            interrupted += isLate ? 0 : 1;
            await CheckAsync();
        }

        Assert.True(interrupted >= 3, $"{interrupted} were interrupted");
    }

    [SkippableFact]
    public async Task A_plan_that_is_interrupted_or_not_changes_no_file()
    {
        SkipWhereSignalsAreOthers();
        await ChurnAsync();
        CopyTemplate();
        string[] before = DirectorySnapshot.Of(Store);
        foreach (string? signal in new[] { "INT", "TERM", null })
        {
            using ToolProcess tool = ToolProcess.Start(s_prefix, "compact", Store, "-n");
            if (signal is not null && tool.WaitUntilItHasOpen("store/"))
            {
                tool.Send(signal);
            }

            (int code, string said) = tool.Finish();
            Assert.True(
                code == (int)ExitCode.Ok || (code == (int)ExitCode.Interrupted && signal is not null),
                $"{signal}: exit {code}\n{said}");
            Assert.Equal(before, DirectorySnapshot.Of(Store));
        }
    }

    private static void SkipWhereSignalsAreOthers() =>
        Skip.IfNot(OperatingSystem.IsLinux(), "signals and /proc are Linux's");

    /// <summary>Every second artifact of many segments is removed: all of them are worth rewriting.</summary>
    private async Task ChurnAsync()
    {
        await using ArtifactStore store = ArtifactStore.Open(
            Template, new PackStoreOptions { SegmentSizeBytes = 1 << 20 });
        for (int i = 0; i < Artifacts; i++)
        {
            await store.PutAsync(KeyOf(i), ArtifactOutcome.Success, [ArtifactPayload.FromBytes("o", BytesOf(i))]);
        }

        for (int i = 0; i < Artifacts; i++)
        {
            if (!IsLive(i))
            {
                await store.RemoveAsync(KeyOf(i));
            }
        }
    }

    private void CopyTemplate() => Shell.Run("rm -rf store && cp -a template store", _temporary);

    private async Task CheckAsync()
    {
        Assert.Empty(Directory.GetFiles(Store, "*.tmp", SearchOption.AllDirectories));
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        await using (ArtifactStore store = ArtifactStore.Open(Store))
        {
            for (int i = 0; i < Artifacts; i++)
            {
                using PayloadLease lease = store.EnsurePayloads(KeyOf(i));
                Assert.Equal(IsLive(i), lease.IsHit);
                Assert.True(!lease.IsHit || lease[0].SequenceEqual(BytesOf(i)), $"artifact {i} has other bytes");
            }
        }

        // What was left over can be done again, and then nothing is left to do.
        await ToolRun.Expect(ExitCode.Ok, "compact", Store);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        Assert.Empty(Directory.GetFiles(Store, "*.tmp", SearchOption.AllDirectories));
    }

    private static string[] SegmentFiles(string store) => Directory.GetFiles(Path.Join(store, "segments"), "*.seg");

    private static bool IsLive(int artifact) => artifact % 2 == 0;

    private static byte[] BytesOf(int artifact)
    {
        byte[] bytes = new byte[PayloadBytes];
        new Random(artifact).NextBytes(bytes);
        return bytes;
    }

    private static ArtifactKey KeyOf(int artifact) =>
        ArtifactKey.Parse(artifact.ToString("x16", CultureInfo.InvariantCulture));
}
