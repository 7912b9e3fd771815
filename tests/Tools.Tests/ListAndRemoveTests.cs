using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class ListAndRemoveTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_listing_is_one_object_a_line_and_nothing_else()
    {
        await FillAsync(300);
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json");
        Assert.Equal(300, run.Lines.Length);
        HashSet<string> keys = [];
        foreach (string line in run.Lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement artifact = document.RootElement;
            Assert.Equal(
                ["key", "outputs", "stdoutBytes", "stderrBytes", "exitCode", "storedAt", "lastUsed"],
                artifact.EnumerateObject().Select(static p => p.Name));
            Assert.Equal(
                ["name", "size", "tier"],
                artifact.GetProperty("outputs")[0].EnumerateObject().Select(static p => p.Name));
            Assert.True(keys.Add(artifact.GetProperty("key").GetString()!));
        }
    }

    [Fact]
    public async Task An_empty_store_lists_nothing()
    {
        await ToolRun.Expect(ExitCode.Ok, "init", Store);
        Assert.Empty((await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Output);
        Assert.Empty((await ToolRun.Expect(ExitCode.Ok, "ls", Store)).Output);
    }

    [Fact]
    public async Task A_listing_for_people_ends_each_line_in_the_key()
    {
        await FillAsync(2);
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "ls", Store);
        Assert.EndsWith("KEY", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["0000", "0001"], run.Lines[1..].Select(static l => l[^4..]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("size>=100", 200)]
    [InlineData("size<10 && outputs=1", 10)]
    [InlineData("size>1K", 0)]
    [InlineData("age<1h", 300)]
    [InlineData("age>1h", 0)]
    [InlineData("used<2h && exit==0", 300)]
    [InlineData("exit!=0", 0)]
    [InlineData("key=00", 256)]
    [InlineData("key=010", 16)]
    [InlineData("key!=00", 44)]
    public async Task Conditions_choose(string where, int count)
    {
        await FillAsync(300);
        Assert.Equal(count, (await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json", "--where", where)).Lines.Length);
    }

    [Fact]
    public async Task The_time_of_last_use_chooses()
    {
        await FillAsync(3);
        Assert.Equal(3, (await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json", "--used-since", "1h")).Lines.Length);
        Assert.Empty((await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json", "--used-since", "2999-01-01")).Lines);
    }

    [Fact]
    public async Task What_is_present_goes_and_what_is_missing_is_told()
    {
        await FillAsync(3);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.NotFound, "rm", Store, "0000", "ffff", "0001", "0000");
        Assert.Equal(2, result.GetProperty("removed").GetInt32());
        Assert.Equal(1, result.GetProperty("missing").GetInt32());
        Assert.Equal("ffff", result.GetProperty("missingKeys")[0].GetString());
        Assert.Single((await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Lines);
        await ToolRun.Expect(ExitCode.Ok, "rm", Store, "0002");
        await ToolRun.Expect(ExitCode.NotFound, "rm", Store, "0002");
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    // Artifact i has the key i and i bytes.
    private async Task FillAsync(int count)
    {
        await using ArtifactStore store = ArtifactStore.Open(Store);
        for (int i = 0; i < count; i++)
        {
            await store.PutAsync(
                ArtifactKey.Parse($"{i:x4}"), ArtifactOutcome.Success, [ArtifactPayload.FromBytes("o", new byte[i])]);
        }

        await store.FlushAsync();
    }
}
