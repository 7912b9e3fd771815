using System.Text;
using System.Text.Json;

namespace PackStore.Tools.Tests.Support;

/// <summary>One run of the tool inside the test's process.</summary>
internal sealed record ToolRun(int Code, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    public static Task<ToolRun> Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    public static async Task<ToolRun> Of(CancellationToken cancellationToken, params string[] arguments)
    {
        using MemoryStream output = new();
        await using StringWriter error = new();
        int code = await PackTool.RunAsync(arguments, output, error, cancellationToken);
        return new ToolRun(code, output.ToArray(), error.ToString());
    }

    /// <summary>Runs and expects an exit code; a failure shows what was written.</summary>
    public static async Task<ToolRun> Expect(ExitCode code, params string[] arguments)
    {
        ToolRun run = await Of(arguments);
        Assert.True((int)code == run.Code, $"exit {run.Code} instead of {(int)code}\n{run.Text}\n{run.Error}");
        return run;
    }

    /// <summary>Runs with <c>--json</c>, expects an exit code in both places, and returns the result object.</summary>
    public static async Task<JsonElement> ExpectJson(ExitCode code, params string[] arguments)
    {
        ToolRun run = await Expect(code, [.. arguments, "--json"]);
        JsonElement result = run.Json;
        JsonProperty last = result.EnumerateObject().Last();
        Assert.Equal("exit", last.Name);
        Assert.Equal((int)code, last.Value.GetProperty("code").GetInt32());
        Assert.Equal(JsonValueKind.Array, result.GetProperty("next").ValueKind);
        return result;
    }
}
