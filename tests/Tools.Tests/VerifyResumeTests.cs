using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class VerifyResumeTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    private string State => _temporary["state.json"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_bounded_verification_goes_on_where_it_ended_and_forgets_at_the_end()
    {
        await PutAsync();
        long whole = Records(await ToolRun.ExpectJson(ExitCode.Ok, "verify", Store));
        int runs = 0;
        JsonElement result;
        do
        {
            result = await ToolRun.ExpectJson(
                ExitCode.Ok, "verify", Store, "--resume", State, "--max-bytes", "1");
            runs++;
            Assert.Equal(!result.GetProperty("complete").GetBoolean(), File.Exists(State));
        }
        while (!result.GetProperty("complete").GetBoolean());

        Assert.True(runs > 1);
        Assert.Equal(whole, Records(result));
    }

    [Fact]
    public async Task Damage_of_an_earlier_run_is_not_forgotten()
    {
        byte[] bytes = await PutAsync();
        Support.Damage.Flip(Store, bytes);
        JsonElement first = await ToolRun.ExpectJson(
            ExitCode.Damage, "verify", Store, "--resume", State, "--max-time", "0s");
        Assert.False(first.GetProperty("complete").GetBoolean());
        Assert.Equal(2, first.GetProperty("next").GetArrayLength());
        JsonElement last = await ToolRun.ExpectJson(ExitCode.Damage, "verify", Store, "--resume", State);
        Assert.True(last.GetProperty("complete").GetBoolean());
        Assert.Single(last.GetProperty("damage").EnumerateArray());
        Assert.Equal(1, last.GetProperty("lost").GetProperty("artifacts").GetInt64());
        Assert.False(File.Exists(State));
    }

    [Fact]
    public async Task The_state_is_kept_out_of_the_store_and_belongs_to_one_verification()
    {
        await PutAsync();
        await ToolRun.Expect(ExitCode.Usage, "verify", Store, "--resume", Path.Join(Store, "state"));
        await ToolRun.Expect(ExitCode.Usage, "verify", Store, "--max-bytes", "1M");
        await ToolRun.Expect(ExitCode.Ok, "verify", Store, "--resume", State, "--max-bytes", "1");
        await ToolRun.Expect(ExitCode.Usage, "verify", Store, "--resume", State, "--level", "headers");
        File.WriteAllText(State, "{}");
        await ToolRun.Expect(ExitCode.Usage, "verify", Store, "--resume", State);
    }

    private static long Records(JsonElement result) =>
        result.GetProperty("checked").GetProperty("records").GetInt64();

    private async Task<byte[]> PutAsync()
    {
        await ToolRun.Expect(ExitCode.Ok, "init", Store, "--segment-size", "4K");
        byte[] bytes = new byte[1000];
        for (int i = 0; i < 8; i++)
        {
            new Random(3 + i).NextBytes(bytes);
            await ToolRun.Expect(ExitCode.Ok, "put", Store, $"ab0{i}", _temporary.WriteFile("f", bytes));
        }

        new Random(3).NextBytes(bytes);
        return bytes;
    }
}
