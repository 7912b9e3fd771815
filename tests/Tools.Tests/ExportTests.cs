using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class ExportTests : IDisposable
{
    private static readonly DateTimeOffset s_stored = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset s_used = new(2026, 2, 3, 4, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    private string Copy => _temporary["copy"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Everything_known_of_an_artifact_comes_along()
    {
        byte[] large = new byte[5 << 20];
        new Random(5).NextBytes(large);
        byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("again and again ", 10000)));
        ArtifactKey key = ArtifactKey.Parse("ab");
        await using (ArtifactStore store = ArtifactStore.Open(Store))
        {
            await using ArtifactWriter writer = store.CreateWriter(key);
            System.Buffers.BuffersExtensions.Write(
                writer.AddPayload("text", PayloadEncoding.Zstd, UnixFileMode.UserRead | UnixFileMode.UserExecute),
                    text);
            System.Buffers.BuffersExtensions.Write(writer.AddPayload("large"), large);
            await writer.CommitAsync(new ArtifactOutcome
            {
                ExitCode = 3,
                StandardOutput = "out"u8.ToArray(),
                StandardError = "err"u8.ToArray(),
                Extra = "extra"u8.ToArray(),
                Verdicts = [new ArtifactVerdict { Name = "v", ExitCode = 4, StandardOutput = "vo"u8.ToArray() }],
                StoredAt = s_stored,
                LastUsed = s_used,
                Provenance = ArtifactProvenance.DigestChecked,
            });
            await store.FlushAsync();
        }

        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "export", Store, Copy);
        Assert.Equal(1, result.GetProperty("exported").GetInt64());
        await ToolRun.Expect(ExitCode.Ok, "verify", Copy);
        using ArtifactStore copy = ArtifactStore.OpenReadOnly(Copy);
        using PayloadLease lease = copy.PeekPayloads(key);
        Assert.True(lease.IsHit);
        Assert.Equal(text, lease[0].ToArray());
        Assert.Equal(large, lease[1].ToArray());
        Assert.Equal("out"u8.ToArray(), lease.StandardOutput.ToArray());
        Assert.Equal("err"u8.ToArray(), lease.StandardError.ToArray());
        ArtifactMetadata metadata = lease.Metadata;
        Assert.Equal(3, metadata.ExitCode);
        Assert.Equal("extra"u8.ToArray(), metadata.Extra.ToArray());
        Assert.Equal(4, Assert.Single(metadata.Verdicts).ExitCode);
        Assert.Equal(s_stored, metadata.StoredAt);
        Assert.Equal(s_used, metadata.LastUsed);
        Assert.Equal(ArtifactProvenance.DigestChecked, metadata.Provenance);
        Assert.Equal(PayloadEncoding.Zstd, metadata.Payloads[0].Encoding);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, metadata.Payloads[0].Mode);
        Assert.Null(metadata.Payloads[1].Mode);
    }

    [Fact]
    public async Task A_part_is_chosen_by_conditions()
    {
        await FillAsync(200);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "export", Store, Copy, "--where", "size<50");
        Assert.Equal(50, result.GetProperty("exported").GetInt64());
        Assert.Equal(150, result.GetProperty("leftOut").GetInt64());
        Assert.Equal(50, (await ToolRun.Expect(ExitCode.Ok, "ls", Copy, "--json")).Lines.Length);
    }

    [Fact]
    public async Task Exporting_does_not_count_as_use()
    {
        await FillAsync(3);
        string before = (await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Text;
        await ToolRun.Expect(ExitCode.Ok, "export", Store, Copy);
        Assert.Equal(before, (await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Text);
    }

    [Fact]
    public async Task The_destination_must_be_absent_or_empty()
    {
        await FillAsync(3);
        Directory.CreateDirectory(Copy);
        await ToolRun.Expect(ExitCode.Ok, "export", Store, Copy);
        string[] before = DirectorySnapshot.Of(Copy);
        await ToolRun.Expect(ExitCode.Failed, "export", Store, Copy);
        Assert.Equal(before, DirectorySnapshot.Of(Copy));
        _temporary.WriteFile("other/file", "x"u8);
        await ToolRun.Expect(ExitCode.Format, "export", Store, _temporary["other"]);
        await ToolRun.Expect(ExitCode.Usage, "export", Store, Path.Join(Store, "inside"));
    }

    [Fact]
    public async Task A_damaged_artifact_is_told_and_left_out()
    {
        await FillAsync(10);
        byte[] bytes = new byte[2000];
        new Random(6).NextBytes(bytes);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", _temporary.WriteFile("f", bytes));
        Damage.Flip(Store, bytes);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Damage, "export", Store, Copy);
        Assert.Equal(10, result.GetProperty("exported").GetInt64());
        Assert.Equal("ab", result.GetProperty("damagedKeys")[0].GetString());
        await ToolRun.Expect(ExitCode.Ok, "verify", Copy);
    }

    private async Task FillAsync(int count)
    {
        await using ArtifactStore store = ArtifactStore.Open(Store);
        for (int i = 0; i < count; i++)
        {
            await store.PutAsync(
                ArtifactKey.Parse($"{i:x4}"),
                new ArtifactOutcome { StoredAt = s_stored, LastUsed = s_used },
                [ArtifactPayload.FromBytes("o", new byte[i])]);
        }

        await store.FlushAsync();
    }
}
