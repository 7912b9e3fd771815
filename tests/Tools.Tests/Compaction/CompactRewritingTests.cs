using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests.Compaction;

/// <summary><c>compact --recompress</c> and <c>--fold</c>.</summary>
public sealed class CompactRewritingTests : IDisposable
{
    private const int Artifacts = 20;
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Cold_artifacts_are_compressed_and_the_plan_is_an_upper_bound()
    {
        await FillAsync();
        string[] before = DirectorySnapshot.Of(Store);
        JsonElement plan = await RunAsync("-n");
        Assert.Equal(before, DirectorySnapshot.Of(Store));
        Assert.True(plan.GetProperty("upperBound").GetBoolean());

        JsonElement done = await RunAsync();

        Assert.False(done.GetProperty("upperBound").GetBoolean());
        foreach (string field in (string[])["recompressedRecords", "recompressedBytesBefore"])
        {
            Assert.Equal(plan.GetProperty(field).ToString(), done.GetProperty(field).ToString());
        }

        foreach (string field in (string[])["recompressedBytesAfter", "writtenBytes", "writtenSegments"])
        {
            Assert.InRange(done.GetProperty(field).GetInt64(), 1, plan.GetProperty(field).GetInt64());
        }

        Assert.Equal(Artifacts, done.GetProperty("recompressedRecords").GetInt64());
        long saved = done.GetProperty("recompressedBytesBefore").GetInt64()
            - done.GetProperty("recompressedBytesAfter").GetInt64();
        Assert.InRange(done.GetProperty("freedBytes").GetInt64(), saved / 2, long.MaxValue);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        Assert.Equal(0, (await RunAsync()).GetProperty("writtenBytes").GetInt64());
        await ToolRun.Expect(
            ExitCode.Ok, "compact", Store, "--recompress", "3", "--recompress-after", "0h", "-n",
            "--detailed-exit-code");
        using ArtifactStore store = ArtifactStore.OpenReadOnly(Store);
        Assert.True(HasAll(store));
    }

    [Fact]
    public async Task What_was_just_used_is_left_alone_by_default_and_the_text_says_what_was_done()
    {
        await FillAsync();
        ToolRun none = await ToolRun.Expect(ExitCode.Ok, "compact", Store, "--recompress", "1");
        Assert.Contains("0 records", none.Text, StringComparison.Ordinal);
        ToolRun plan = await ToolRun.Expect(
            ExitCode.Ok, "compact", Store, "--recompress", "1", "--recompress-after", "0h", "-n");
        Assert.Contains($"at most {Artifacts} records", plan.Text, StringComparison.Ordinal);
        ToolRun run = await ToolRun.Expect(
            ExitCode.Ok, "compact", Store, "--recompress", "1", "--recompress-after", "0h");
        Assert.Contains($"{Artifacts} records, ", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("at most", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_move_only_by_a_size_that_is_given()
    {
        await FillAsync();
        using (ArtifactStore store = ArtifactStore.Open(Store, Options(threshold: 8 << 10)))
        {
            await store.RemoveAsync(Key(0));
            await store.PutAsync(Key(500), new ArtifactOutcome(), [ArtifactPayload.FromBytes("o", new byte[9000])]);
        }

        JsonElement plain = await ToolRun.ExpectJson(ExitCode.Ok, "compact", Store, "--dead-ratio", "1%");
        Assert.Equal(0, plain.GetProperty("foldedOutFiles").GetInt64());
        using (ArtifactStore store = ArtifactStore.Open(Store, Options(threshold: 8 << 10)))
        {
            await store.RemoveAsync(Key(1));
        }

        JsonElement done = await ToolRun.ExpectJson(
            ExitCode.Ok, "compact", Store, "--dead-ratio", "1%", "--fold", "32K");
        Assert.InRange(done.GetProperty("foldedOutFiles").GetInt64(), 1, Artifacts);
        Assert.Equal(
            done.GetProperty("foldedOutBytes").GetInt64() - done.GetProperty("foldedInBytes").GetInt64(),
            done.GetProperty("after").GetProperty("looseBytes").GetInt64()
                - done.GetProperty("before").GetProperty("looseBytes").GetInt64());
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    [Theory]
    [InlineData("--recompress", "0")]
    [InlineData("--recompress", "20")]
    [InlineData("--recompress", "fast")]
    [InlineData("--recompress-after", "1d")]
    [InlineData("--recompress", "3", "--recompress-after", "soon")]
    [InlineData("--fold", "12")]
    [InlineData("--fold", "2G")]
    public async Task Values_that_make_no_sense_are_refused(params string[] options)
    {
        await FillAsync();
        await ToolRun.Expect(ExitCode.Usage, ["compact", Store, .. options]);
    }

    private Task<JsonElement> RunAsync(params string[] options) => ToolRun.ExpectJson(
        ExitCode.Ok, ["compact", Store, "--recompress", "3", "--recompress-after", "0h", .. options]);

    private async Task FillAsync()
    {
        using ArtifactStore store = ArtifactStore.Open(Store, Options(threshold: 1 << 20));
        for (int key = 0; key < Artifacts; key++)
        {
            await store.PutAsync(Key(key), new ArtifactOutcome(), [ArtifactPayload.FromBytes("out", Bytes(key))]);
        }
    }

    private static PackStoreOptions Options(long threshold) => new()
    {
        SegmentSizeBytes = 512 << 10,
        LooseThresholdBytes = threshold,
    };

    private static bool HasAll(ArtifactStore store)
    {
        for (int key = 0; key < Artifacts; key++)
        {
            using PayloadLease lease = store.EnsurePayloads(Key(key));
            if (!lease.IsHit || !lease[0].SequenceEqual(Bytes(key)))
            {
                return false;
            }
        }

        return true;
    }

    private static ArtifactKey Key(int number) => ArtifactKey.Parse($"{number:x4}");

    private static byte[] Bytes(int key)
    {
        byte[] bytes = new byte[40_000 + (100 * key)];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((i / 50) + key);
        }

        return bytes;
    }
}
