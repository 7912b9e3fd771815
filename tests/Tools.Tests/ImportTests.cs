using System.Security.Cryptography;
using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class ImportTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    private string Source => _temporary["source"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Each_file_is_an_artifact_named_by_its_path_and_keyed_by_its_bytes()
    {
        byte[] large = new byte[(4 << 20) + 17];
        new Random(4).NextBytes(large);
        _temporary.WriteFile("source/a", "one"u8);
        _temporary.WriteFile("source/sub/dir/b", "two"u8);
        _temporary.WriteFile("source/empty", []);
        _temporary.WriteFile("source/large", large);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source);
        Assert.Equal(4, result.GetProperty("imported").GetInt64());
        Assert.Equal(0, result.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, result.GetProperty("skipped").GetInt64());
        Assert.Equal(6 + large.Length, result.GetProperty("bytes").GetInt64());
        Assert.Empty(result.GetProperty("reasons").EnumerateObject());

        string key = Convert.ToHexStringLower(SHA256.HashData("two"u8));
        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", Store, key);
        Assert.Equal("sub/dir/b", show.GetProperty("outputs")[0].GetProperty("name").GetString());
        string largeKey = Convert.ToHexStringLower(SHA256.HashData(large));
        Assert.Equal(large, (await ToolRun.Expect(ExitCode.Ok, "get", Store, largeKey, "-o", "-")).Output);
    }

    [Fact]
    public async Task Running_it_again_imports_nothing()
    {
        _temporary.WriteFile("source/a", "one"u8);
        _temporary.WriteFile("source/b", "two"u8);
        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "--from", "dir", "--keep-source");
        JsonElement again = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source);
        Assert.Equal(0, again.GetProperty("imported").GetInt64());
        Assert.Equal(2, again.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, again.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Equal_files_are_one_artifact()
    {
        for (int i = 0; i < 500; i++)
        {
            _temporary.WriteFile($"source/{i}", BitConverter.GetBytes(i % 7));
        }

        JsonElement result =
            await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source, "--report", _temporary["report"]);
        Assert.Equal(7, result.GetProperty("imported").GetInt64());
        Assert.Equal(493, result.GetProperty("duplicates").GetInt64());
        Assert.Equal(28, result.GetProperty("bytes").GetInt64());
        (string? Key, string Source, string Result, string? Reason)[] lines = ReadReport();
        Assert.Equal(500, lines.Select(static l => l.Source).Distinct().Count());
        Assert.Equal(7, lines.Count(static l => l.Result == "imported"));
        Assert.Equal(493, lines.Count(static l => l.Result == "duplicate"));
        Assert.Equal(7, lines.Select(static l => l.Key).Distinct().Count());
    }

    [SkippableFact]
    public async Task Links_and_pipes_are_skipped_without_a_warning()
    {
        Skip.If(OperatingSystem.IsWindows());
        _temporary.WriteFile("source/file", "x"u8);
        Shell.Run("ln -s file link && mkfifo pipe && ln -s / root", Source);
        JsonElement result =
            await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source, "--report", _temporary["report"]);
        Assert.Equal(1, result.GetProperty("imported").GetInt64());
        Assert.Equal(3, result.GetProperty("skipped").GetInt64());
        Assert.Equal(2, result.GetProperty("reasons").GetProperty("link").GetInt64());
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("pipe").GetInt64());
        Assert.Contains((null, "pipe", "skipped", "pipe"), ReadReport());
    }

    [SkippableFact]
    public async Task Names_that_are_no_text_are_skipped_with_a_warning()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        _temporary.WriteFile("source/file", "x"u8);
        Shell.Run("touch \"$(printf 'a\\377')\"", Source);
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Warnings, "import", Store, Source);
        Assert.Equal(1, result.GetProperty("imported").GetInt64());
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("name").GetInt64());
    }

    [SkippableFact]
    public async Task Files_that_cannot_be_read_are_skipped_with_a_warning()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root reads everything");
        string file = _temporary.WriteFile("source/secret", "x"u8);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.None);
        }

        JsonElement result = await ToolRun.ExpectJson(ExitCode.Warnings, "import", Store, Source);
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("unreadable").GetInt64());
    }

    [Fact]
    public async Task A_store_and_a_report_inside_the_source_are_left_out()
    {
        _temporary.WriteFile("source/a", "one"u8);
        string store = _temporary["source/store"];
        string report = _temporary["source/report.ndjson"];
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "import", store, Source, "--report", report);
        Assert.Equal(1, result.GetProperty("imported").GetInt64());
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("store").GetInt64());
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("report").GetInt64());
    }

    [Fact]
    public async Task The_store_is_no_source_for_itself()
    {
        await ToolRun.Expect(ExitCode.Ok, "init", Store);
        await ToolRun.Expect(ExitCode.Usage, "import", Store, Store);
        await ToolRun.Expect(ExitCode.Usage, "import", Store, Path.Join(Store, "segments"));
    }

    [Fact]
    public async Task The_source_is_left_as_it_was()
    {
        _temporary.WriteFile("source/a", "one"u8);
        _temporary.WriteFile("source/large", new byte[5 << 20]);
        string[] before = DirectorySnapshot.Of(Source);
        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source);
        Assert.Equal(before, DirectorySnapshot.Of(Source));
    }

    [Fact]
    public async Task A_missing_source_fails_before_a_store_is_made()
    {
        await ToolRun.ExpectJson(ExitCode.Failed, "import", Store, Source);
        Assert.False(Path.Exists(Store));
    }

    [Fact]
    public async Task Many_files_all_arrive()
    {
        for (int i = 0; i < 3000; i++)
        {
            _temporary.WriteFile($"source/{i % 50}/{i}", System.Text.Encoding.UTF8.GetBytes($"file {i}"));
        }

        ToolRun run = await ToolRun.Expect(ExitCode.Ok, "import", Store, Source);
        Assert.Contains("3000 artifacts", run.Text, StringComparison.Ordinal);
        Assert.Contains("/s", run.Text, StringComparison.Ordinal);
        Assert.Equal(3000, (await ToolRun.Expect(ExitCode.Ok, "ls", Store, "--json")).Lines.Length);
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    private (string? Key, string Source, string Result, string? Reason)[] ReadReport() =>
    [
        .. File.ReadLines(_temporary["report"]).Select(static line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement e = document.RootElement;
            return (e.GetProperty("key").GetString(), e.GetProperty("source").GetString()!,
                e.GetProperty("result").GetString()!, e.GetProperty("reason").GetString());
        }),
    ];
}
