using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class PutAndShowTests
{
    [Fact]
    public async Task What_is_put_is_shown()
    {
        using TemporaryDirectory temporary = new();
        string a = temporary.WriteFile("in/a.o", "first"u8);
        string b = temporary.WriteFile("in/b.d", "second output"u8);
        string output = temporary.WriteFile("out", "hello"u8);
        string error = temporary.WriteFile("err", "oh dear"u8);
        JsonElement put = await ToolRun.ExpectJson(
            ExitCode.Ok, "put", temporary["store"], "AB01", a, b,
            "--stdout-file", output, "--stderr-file", error, "--exit-status", "-7");
        Assert.Equal("ab01", put.GetProperty("key").GetString());
        Assert.False(put.GetProperty("replaced").GetBoolean());

        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", temporary["store"], "aB01");
        Assert.Equal("ab01", show.GetProperty("key").GetString());
        Assert.Equal(-7, show.GetProperty("exitCode").GetInt32());
        Assert.Equal(5, show.GetProperty("stdoutBytes").GetInt64());
        Assert.Equal(7, show.GetProperty("stderrBytes").GetInt64());
        Assert.Equal("put", show.GetProperty("provenance").GetString());
        Assert.Empty(show.GetProperty("verdicts").EnumerateArray());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", show.GetProperty("storedAt").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", show.GetProperty("lastUsed").GetString());
        JsonElement[] outputs = [.. show.GetProperty("outputs").EnumerateArray()];
        Assert.Equal(["a.o", "b.d"], outputs.Select(static o => o.GetProperty("name").GetString()));
        Assert.Equal([5, 13], outputs.Select(static o => o.GetProperty("size").GetInt64()));
        Assert.All(outputs, static o => Assert.Equal("pack", o.GetProperty("tier").GetString()));
        Assert.All(outputs, static o => Assert.Equal("raw", o.GetProperty("encoding").GetString()));
        Assert.All(outputs, static o => Assert.Equal(16, o.GetProperty("checksum").GetString()!.Length));
        Assert.All(outputs, static o => Assert.True(o.GetProperty("offset").GetInt64() > 0));
        Assert.All(outputs, static o => Assert.Equal(JsonValueKind.Number, o.GetProperty("segment").ValueKind));
        Assert.All(outputs,
            static o => Assert.Equal(o.GetProperty("size").GetInt64(), o.GetProperty("storedSize").GetInt64()));
    }

    [SkippableFact]
    public async Task The_mode_of_a_file_is_kept()
    {
        Skip.If(OperatingSystem.IsWindows());
        using TemporaryDirectory temporary = new();
        string file = temporary.WriteFile("tool", "#!/bin/sh"u8);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, (UnixFileMode)0x1ED);
        }

        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab", file);
        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", temporary["store"], "ab");
        Assert.Equal("0755", show.GetProperty("outputs")[0].GetProperty("mode").GetString());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("flush")]
    [InlineData("commit")]
    public async Task Names_can_be_given_at_every_durability(string durability)
    {
        using TemporaryDirectory temporary = new();
        string file = temporary.WriteFile("f", "x"u8);
        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab", file, file,
            "--name", "one", "--name", "dir/two", "--durability", durability);
        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", temporary["store"], "ab");
        Assert.Equal(["one", "dir/two"],
            show.GetProperty("outputs").EnumerateArray().Select(static o => o.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task The_same_key_again_replaces()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab");
        JsonElement put = await ToolRun.ExpectJson(
            ExitCode.Ok, "put", temporary["store"], "ab", temporary.WriteFile("f", "x"u8));
        Assert.True(put.GetProperty("replaced").GetBoolean());
        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", temporary["store"], "ab");
        Assert.Single(show.GetProperty("outputs").EnumerateArray());
    }

    [SkippableFact]
    public async Task A_pipe_is_read_to_its_end()
    {
        Skip.If(OperatingSystem.IsWindows());
        using TemporaryDirectory temporary = new();
        // The writer waits for its reader; should none come, it does not outlive the run by much.
        Shell.Run("mkfifo pipe; timeout 60 sh -c 'printf \"through a pipe\" > pipe' > /dev/null 2>&1 &", temporary);
        await ToolRun.Expect(ExitCode.Ok, "put", temporary["store"], "ab", temporary["pipe"]);
        ToolRun get = await ToolRun.Expect(ExitCode.Ok, "get", temporary["store"], "ab", "-o", "-");
        Assert.Equal("through a pipe", get.Text);
    }

    [Fact]
    public async Task A_missing_file_fails_before_a_store_is_made()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.ExpectJson(ExitCode.Failed, "put", temporary["store"], "ab", temporary["missing"]);
        await ToolRun.ExpectJson(ExitCode.Failed, "put", temporary["store"], "ab", temporary);
        await ToolRun.ExpectJson(ExitCode.Failed, "put", temporary["store"], "ab", "--stdout-file",
            temporary["missing"]);
        Assert.False(Path.Exists(temporary["store"]));
    }

    [Fact]
    public async Task Showing_an_unknown_key_exits_6()
    {
        using TemporaryDirectory temporary = new();
        await ToolRun.Expect(ExitCode.Ok, "init", temporary["store"]);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.NotFound, "show", temporary["store"], "ab");
        Assert.Equal("notfound", result.GetProperty("exit").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Quiet_prints_nothing()
    {
        using TemporaryDirectory temporary = new();
        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "put", "-q", temporary["store"], "ab");
        Assert.Empty(run.Output);
        Assert.Empty(run.Error);
    }
}
