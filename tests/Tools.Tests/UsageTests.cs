using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("verfy", "verify")]
    [InlineData("stats", "stat")]
    [InlineData("lst", "ls")]
    [InlineData("imprt", "import")]
    [InlineData("delete", "rm")]
    [InlineData("PUT", "put")]
    public async Task A_mistyped_verb_is_told_the_right_one(string typed, string right)
    {
        ToolRun run = await ToolRun.Expect(ExitCode.Usage, typed, "store");
        Assert.Contains($"'{right}'", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("bench")]
    [InlineData("serve")]
    public async Task Verbs_of_later_versions_are_not_there(string verb) =>
        Assert.Contains("is not a verb", (await ToolRun.Expect(ExitCode.Usage, verb, "store")).Error,
            StringComparison.Ordinal);

    [Fact]
    public async Task Without_a_verb_the_verbs_are_named() =>
        Assert.Contains("init put get show ls rm stat verify repair compact import export",
            (await ToolRun.Expect(ExitCode.Usage)).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("ls")]
    [InlineData("show", "store")]
    [InlineData("show", "store", "abc")]
    [InlineData("show", "store", "zz")]
    [InlineData("show", "", "ab")]
    [InlineData("put", "store", "ab", "--name", "x")]
    [InlineData("put", "store", "ab", "--durability", "always")]
    [InlineData("put", "store", "ab", "--exit-status", "many")]
    [InlineData("get", "store", "ab")]
    [InlineData("get", "store", "ab", "-o", "")]
    [InlineData("get", "store", "ab", "--to-dir", "d", "-o", "-")]
    [InlineData("get", "store", "ab", "--to-dir", "d", "--output", "0")]
    [InlineData("get", "store", "ab", "--stream", "stdlog")]
    [InlineData("get", "store", "ab", "-o", "x", "--link", "symbolic")]
    [InlineData("rm", "store")]
    [InlineData("stat", "store", "extra")]
    [InlineData("verify", "store", "--level", "deep")]
    [InlineData("verify", "store", "--sample", "0%")]
    [InlineData("verify", "store", "--dry-run")]
    [InlineData("init", "store", "--segment-size", "big")]
    [InlineData("init", "store", "--segment-size", "5000")]
    [InlineData("init", "store", "--segment-size", "2G")]
    [InlineData("ls", "store", "--where", "color=red")]
    [InlineData("ls", "store", "--where", "size")]
    [InlineData("ls", "store", "--where", "")]
    [InlineData("ls", "store", "--where", "size>10M &&")]
    [InlineData("ls", "store", "--where", "age>10M0")]
    [InlineData("ls", "store", "--where", "key<ab")]
    [InlineData("ls", "store", "--used-since", "soon")]
    [InlineData("ls", "store", "--progress", "loud")]
    [InlineData("import", "store", "source", "--from", "tar")]
    [InlineData("import", "store", ".", "--move", "--keep-source")]
    [InlineData("import", "store", ".", "--from", "dir", "--move")]
    public async Task Bad_arguments_exit_2_and_print_nothing(params string[] arguments)
    {
        ToolRun run = await ToolRun.Expect(ExitCode.Usage, arguments);
        Assert.Empty(run.Output);
        Assert.StartsWith("packtool: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_usage_error_has_a_result_object_too()
    {
        System.Text.Json.JsonElement result = await ToolRun.ExpectJson(ExitCode.Usage, "verfy", "store");
        Assert.Equal("usage", result.GetProperty("exit").GetProperty("name").GetString());
        Assert.Contains("verify", result.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_and_a_result_object_do_not_share_standard_output() =>
        await ToolRun.ExpectJson(ExitCode.Usage, "get", "store", "ab", "-o", "-");

    [Fact]
    public async Task There_are_no_response_files()
    {
        using TemporaryDirectory temporary = new();
        string file = temporary.WriteFile("arguments", "--version"u8);
        ToolRun run = await ToolRun.Expect(ExitCode.Usage, "@" + file);
        Assert.Contains("is not a verb", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("put", "--help")]
    [InlineData("put", "-h")]
    public async Task Help_and_version_exit_0_on_standard_output(params string[] arguments)
    {
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, arguments);
        Assert.Contains("packtool", run.Text, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Common_options_may_stand_before_the_verb() =>
        await ToolRun.Expect(ExitCode.Format, "--json", "-q", "stat", "/nonexistent/store");

    [Theory]
    [InlineData(28, ExitCode.NoSpace)]
    [InlineData(122, ExitCode.NoSpace)]
    [InlineData(30, ExitCode.ReadOnly)]
    [InlineData(5, ExitCode.Failed)]
    internal void Errors_of_the_system_have_their_exit_codes(int errno, ExitCode code) =>
        Assert.Equal(code, FailureMapping.CodeOf(new IOException("no", errno)));
}
