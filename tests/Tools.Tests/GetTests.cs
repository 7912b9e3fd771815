using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class GetTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("0", "first")]
    [InlineData("1", "second")]
    [InlineData("a", "first")]
    [InlineData("sub/b", "second")]
    public async Task An_output_is_found_by_index_or_name(string output, string bytes)
    {
        await PutAsync("a", "sub/b");
        Assert.Equal(bytes,
            (await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--output", output, "-o", "-")).Text);
        await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--output", output, "-o", _temporary["out"]);
        Assert.Equal(bytes, await File.ReadAllTextAsync(_temporary["out"]));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("99999999999999999999")]
    [InlineData("b")]
    [InlineData("")]
    public async Task An_unknown_output_exits_6_and_prints_nothing(string output)
    {
        await PutAsync("a", "sub/b");
        ToolRun run = await ToolRun.Expect(ExitCode.NotFound, "get", Store, "ab", "--output", output, "-o", "-");
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Without_output_there_must_be_exactly_one()
    {
        await PutAsync("a", "b");
        Assert.Empty((await ToolRun.Expect(ExitCode.Usage, "get", Store, "ab", "-o", "-")).Output);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "cd");
        await ToolRun.Expect(ExitCode.NotFound, "get", Store, "cd", "-o", "-");
    }

    [Fact]
    public async Task An_unknown_key_exits_6_and_makes_no_file()
    {
        await PutAsync("a");
        await ToolRun.Expect(ExitCode.NotFound, "get", Store, "ff", "-o", _temporary["out"]);
        await ToolRun.Expect(ExitCode.NotFound, "get", Store, "ff", "--to-dir", _temporary["dir"]);
        Assert.False(Path.Exists(_temporary["out"]));
        Assert.False(Path.Exists(_temporary["dir"]));
    }

    [Fact]
    public async Task Streams_are_printed()
    {
        string output = _temporary.WriteFile("so", "said"u8);
        string error = _temporary.WriteFile("se", "cried"u8);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", "--stdout-file", output, "--stderr-file", error);
        Assert.Equal("said", (await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--stream", "stdout")).Text);
        Assert.Equal("cried", (await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--stream", "stderr")).Text);
    }

    [Fact]
    public async Task All_outputs_go_into_a_directory()
    {
        await PutAsync("a", "sub/dir/b");
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "get", Store, "ab", "--to-dir", _temporary["dir"]);
        Assert.Equal("first", await File.ReadAllTextAsync(_temporary["dir/a"]));
        Assert.Equal("second", await File.ReadAllTextAsync(_temporary["dir/sub/dir/b"]));
        Assert.Equal(2, result.GetProperty("delivered").GetArrayLength());
        await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--to-dir", _temporary["dir"]);
        Assert.Equal(2, Directory.EnumerateFiles(_temporary["dir"], "*", SearchOption.AllDirectories).Count());
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("hardlink")]
    [InlineData("copy")]
    public async Task Every_link_policy_delivers_large_outputs_too(string policy)
    {
        byte[] bytes = new byte[5 << 20];
        new Random(1).NextBytes(bytes);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", _temporary.WriteFile("big", bytes));
        await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--to-dir", _temporary["dir"], "--link", policy);
        await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "--to-dir", _temporary["dir"], "--link", policy);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_temporary["dir/big"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_temporary["dir"]));
        Assert.Equal(bytes, (await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "-o", "-")).Output);
    }

    [Fact]
    public async Task Hostile_names_stay_inside_and_exit_5()
    {
        await PutAsync("../escape", "/abs", "fine");
        ToolRun run = await ToolRun.Expect(ExitCode.Warnings, "get", Store, "ab", "--to-dir", _temporary["deep/dir"]);
        Assert.Contains("output-0", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["fine", "output-0", "output-1"],
            Directory.EnumerateFileSystemEntries(
                _temporary["deep/dir"]).Select(static p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
        Assert.Single(Directory.EnumerateFileSystemEntries(_temporary["deep"]));
    }

    [SkippableFact]
    public async Task Links_that_lie_in_the_directory_are_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows());
        await PutAsync("link/a", "file");
        string outside = _temporary.WriteFile("outside/target", "untouched"u8);
        Directory.CreateDirectory(_temporary["dir"]);
        Directory.CreateSymbolicLink(_temporary["dir/link"], _temporary["outside"]);
        File.CreateSymbolicLink(_temporary["dir/file"], outside);
        await ToolRun.Expect(ExitCode.Warnings, "get", Store, "ab", "--to-dir", _temporary["dir"]);
        Assert.Equal("untouched", await File.ReadAllTextAsync(outside));
        Assert.Single(Directory.EnumerateFileSystemEntries(_temporary["outside"]));
        Assert.Equal("first", await File.ReadAllTextAsync(_temporary["dir/output-0"]));
        Assert.Equal("second", await File.ReadAllTextAsync(_temporary["dir/file"]));
        Assert.Null(File.ResolveLinkTarget(_temporary["dir/file"], returnFinalTarget: false));
    }

    [SkippableFact]
    public async Task A_device_is_written_to_and_not_replaced()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        await PutAsync("a");
        await ToolRun.Expect(ExitCode.Ok, "get", Store, "ab", "-o", "/dev/null");
        Assert.Equal(Files.FileKind.Device, Files.FileFacts.TryRead("/dev/null")!.Value.Kind);
    }

    [Fact]
    public async Task A_damaged_payload_exits_3_with_nothing_on_standard_output()
    {
        byte[] bytes = new byte[1000];
        new Random(2).NextBytes(bytes);
        await ToolRun.Expect(ExitCode.Ok, "put", Store, "ab", _temporary.WriteFile("f", bytes));
        Damage.Flip(Store, bytes);
        ToolRun run = await ToolRun.Expect(ExitCode.Damage, "get", Store, "ab", "--output", "0", "-o", "-");
        Assert.Empty(run.Output);
        Assert.Contains("NEXT", run.Error, StringComparison.Ordinal);
        await ToolRun.Expect(ExitCode.Damage, "get", Store, "ab", "--to-dir", _temporary["dir"]);
        Assert.False(Path.Exists(_temporary["dir"]));
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Damage, "get", Store, "ab", "-o", _temporary["out"]);
        Assert.Contains("verify", result.GetProperty("next")[0].GetString(), StringComparison.Ordinal);
        Assert.False(Path.Exists(_temporary["out"]));
    }

    private async Task PutAsync(params string[] names)
    {
        string[] contents = ["first", "second", "third"];
        List<string> arguments = ["put", Store, "ab"];
        for (int i = 0; i < names.Length; i++)
        {
            arguments.Add(_temporary.WriteFile($"in/{i}", System.Text.Encoding.UTF8.GetBytes(contents[i])));
            arguments.Add($"--name={names[i]}");
        }

        await ToolRun.Expect(ExitCode.Ok, [.. arguments]);
    }
}
