using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class VerifyTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("index")]
    [InlineData("headers")]
    [InlineData("full")]
    public async Task A_sound_store_is_sound_at_every_level(string level)
    {
        await PutAsync();
        JsonElement result =
            await ToolRun.ExpectJson(ExitCode.Ok, "verify", Store, "--level", level, "--sample", "50%");
        Assert.Equal(level, result.GetProperty("level").GetString());
        Assert.Empty(result.GetProperty("damage").EnumerateArray());
        Assert.Empty(result.GetProperty("next").EnumerateArray());
        foreach (string field in (string[])["segments", "records", "bytes", "loose"])
        {
            Assert.Equal(JsonValueKind.Number, result.GetProperty("checked").GetProperty(field).ValueKind);
        }

        foreach (string field in (string[])["artifacts", "payloads", "bytes"])
        {
            Assert.Equal(0, result.GetProperty("lost").GetProperty(field).GetInt64());
        }

        Assert.Contains("no damage", (await ToolRun.Expect(ExitCode.Ok, "verify", Store)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_told_with_its_file_its_cost_and_what_to_do()
    {
        byte[] bytes = await PutAsync();
        string file = Damage.Flip(Store, bytes);
        ToolRun run = await ToolRun.Expect(ExitCode.Damage, "verify", "-q", Store);
        Assert.Contains("LOST", run.Text, StringComparison.Ordinal);
        Assert.Contains("NEXT", run.Text, StringComparison.Ordinal);
        Assert.Contains("packtool repair", run.Text, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(file), run.Text, StringComparison.Ordinal);
        Assert.Contains("exit 3 (damage)", run.Text, StringComparison.Ordinal);

        JsonElement result = await ToolRun.ExpectJson(ExitCode.Damage, "verify", Store);
        JsonElement damage = Assert.Single(result.GetProperty("damage").EnumerateArray());
        Assert.Equal("payload", damage.GetProperty("kind").GetString());
        Assert.Equal("ab", damage.GetProperty("key").GetString());
        Assert.EndsWith(Path.GetFileName(file), damage.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.True(damage.GetProperty("offset").GetInt64() > 0);
        Assert.NotEmpty(damage.GetProperty("detail").GetString()!);
        Assert.Equal(1, result.GetProperty("lost").GetProperty("artifacts").GetInt64());
        Assert.NotEmpty(result.GetProperty("next").EnumerateArray());
    }

    [Fact]
    public async Task A_store_that_cannot_be_opened_is_diagnosed()
    {
        await PutAsync();
        File.WriteAllBytes(Path.Join(Store, "STORE"), new byte[new FileInfo(Path.Join(Store, "STORE")).Length]);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Damage, "verify", Store);
        Assert.Contains(result.GetProperty("damage").EnumerateArray(),
            static d => d.GetProperty("kind").GetString() == "identity");
    }

    [Fact]
    public async Task Verifying_changes_nothing()
    {
        await PutAsync();
        string[] before = DirectorySnapshot.Of(Store);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
        Assert.Equal(before, DirectorySnapshot.Of(Store));
    }

    [Fact]
    public async Task Progress_is_on_standard_error_and_only_when_asked_for()
    {
        await PutAsync();
        Assert.Empty((await ToolRun.Expect(ExitCode.Ok, "verify", Store)).Error);
        Assert.Contains("/s", (await ToolRun.Expect(ExitCode.Ok, "verify", Store, "--progress", "plain")).Error,
            StringComparison.Ordinal);
        Assert.NotEmpty((await ToolRun.Expect(ExitCode.Ok, "verify", Store, "--progress", "tty")).Error);
        ToolRun json = await ToolRun.Expect(ExitCode.Ok, "verify", Store, "--json", "--progress", "plain");
        Assert.Equal("verify", json.Json.GetProperty("verb").GetString());
    }

    private async Task<byte[]> PutAsync()
    {
        byte[] bytes = new byte[1000];
        new Random(3).NextBytes(bytes);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", _temporary.WriteFile("f", bytes));
        return bytes;
    }
}
