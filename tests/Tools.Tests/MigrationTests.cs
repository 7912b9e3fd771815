using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

/// <summary>A legacy cache through the tool: what it says, in which words, and how it exits.</summary>
public sealed class MigrationTests : IDisposable
{
    private static readonly string s_good = new('a', 64);
    private static readonly string s_bad = new('b', 64);

    private readonly TemporaryDirectory _temporary = new();

    private string Store => _temporary["store"];

    private string Source => _temporary["source"];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("auto")]
    [InlineData("zccache")]
    public async Task A_cache_comes_in_and_says_so_entry_by_entry(string from)
    {
        Write((s_good, "good"u8.ToArray()), (s_bad, null));
        JsonElement result = await ToolRun.ExpectJson(
            ExitCode.Warnings, "import", Store, Source, "--from", from, "--report", _temporary["report"]);
        Assert.Equal("zccache", result.GetProperty("from").GetString());
        Assert.Equal(1, result.GetProperty("imported").GetInt64());
        Assert.Equal(1, result.GetProperty("skipped").GetInt64());
        Assert.Equal(4, result.GetProperty("bytes").GetInt64());
        Assert.Equal(1, result.GetProperty("reasons").GetProperty("missing").GetInt64());
        Assert.Equal("", Assert.Single(result.GetProperty("roots").EnumerateArray()).GetProperty("path").GetString());
        Assert.Equal("good", (await ToolRun.Expect(ExitCode.Ok, "get", Store, s_good, "-o", "-")).Text);
        JsonElement show = await ToolRun.ExpectJson(ExitCode.Ok, "show", Store, s_good);
        Assert.Equal("size-checked", show.GetProperty("provenance").GetString());
        Assert.Equal(
            [(s_good, $"artifacts/{s_good}_0", "imported", null), (s_bad, "index.bin", "skipped", "missing")],
                ReadReport());
    }

    [Fact]
    public async Task Running_it_again_imports_nothing_and_exits_0()
    {
        Write((s_good, "good"u8.ToArray()));
        await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "--from", "zccache", "--keep-source");
        string[] before = DirectorySnapshot.Of(Source);
        JsonElement again = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source);
        Assert.Equal(0, again.GetProperty("imported").GetInt64());
        Assert.Equal(1, again.GetProperty("duplicates").GetInt64());
        Assert.Equal(before, DirectorySnapshot.Of(Source));
    }

    [Fact]
    public async Task Compact_brings_a_cache_in_first_if_asked_to()
    {
        Write((s_good, "good"u8.ToArray()), (s_bad, null));
        JsonElement plan = await ToolRun.ExpectJson(ExitCode.Warnings, "compact", Store, "--migrate", Source, "-n");
        Assert.Equal(1, plan.GetProperty("migration").GetProperty("imported").GetInt64());
        Assert.False(Directory.Exists(Store));
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Warnings, "compact", Store, "--migrate", Source);
        Assert.Equal(1, result.GetProperty("migration").GetProperty("imported").GetInt64());
        Assert.Equal(1, result.GetProperty("after").GetProperty("artifacts").GetInt64());
        Assert.Equal("good", (await ToolRun.Expect(ExitCode.Ok, "get", Store, s_good, "-o", "-")).Text);
        await ToolRun.Expect(ExitCode.Failed, "compact", Store, "--migrate", _temporary["nowhere"]);
        await ToolRun.Expect(ExitCode.Usage, "compact", Store, "--migrate", Store);
    }

    [Fact]
    public async Task A_dry_run_shows_the_plan_and_makes_no_store()
    {
        Write((s_good, "good"u8.ToArray()));
        string[] before = DirectorySnapshot.Of(_temporary[""]);
        JsonElement plan =
            await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source, "-n", "--report", _temporary["r"]);
        Assert.Equal(1, plan.GetProperty("imported").GetInt64());
        Assert.True(plan.GetProperty("needed").GetInt64() > 0);
        Assert.True(plan.GetProperty("available").GetInt64() > 0);
        await ToolRun.Expect(ExitCode.WouldChange, "import", Store, Source, "-n", "--detailed-exit-code");
        Assert.Contains("PLAN", (await ToolRun.Expect(ExitCode.Ok, "import", Store, Source, "-n")).Text,
            StringComparison.Ordinal);
        Assert.Equal(before, DirectorySnapshot.Of(_temporary[""]));
    }

    [Fact]
    public async Task Moving_deletes_what_came_in()
    {
        Write((s_good, "good"u8.ToArray()));
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source, "--move");
        Assert.Equal(2, result.GetProperty("deletedFiles").GetInt64());
        Assert.Empty(Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories));
        await ToolRun.Expect(ExitCode.Ok, "verify", Store);
    }

    [Fact]
    public async Task A_store_inside_the_cache_is_filled_in_place()
    {
        Write((s_good, "good"u8.ToArray()));
        string inside = _temporary["source/packstore"];
        await ToolRun.Expect(ExitCode.Ok, "import", inside, Source, "--move");
        Assert.Equal("good", (await ToolRun.Expect(ExitCode.Ok, "get", inside, s_good, "-o", "-")).Text);
    }

    [Fact]
    public async Task What_cannot_be_meant_is_refused_before_a_store_is_made()
    {
        _temporary.WriteFile("source/plain", "x"u8);
        await ToolRun.Expect(ExitCode.Usage, "import", Store, Source, "--move");
        await ToolRun.Expect(ExitCode.Failed, "import", Store, Source, "--from", "zccache");
        Write((s_good, "good"u8.ToArray()));
        await ToolRun.Expect(ExitCode.Usage, "import", Store, Source, "--move", "--keep-source");
        await ToolRun.Expect(ExitCode.Usage, "import", Store, Source, "--from", "dir", "--move");
        Assert.False(Path.Exists(Store));
    }

    [Fact]
    public async Task A_cache_can_be_imported_as_plain_files_if_that_is_asked_for()
    {
        Write((s_good, "good"u8.ToArray()));
        JsonElement result = await ToolRun.ExpectJson(ExitCode.Ok, "import", Store, Source, "--from", "dir");
        Assert.Equal(2, result.GetProperty("imported").GetInt64());
    }

    // Rows of the first shape, one output each; null leaves the payload out.
    private void Write(params (string Key, byte[]? Payload)[] entries)
    {
        List<byte> index = [];
        void Number(ulong value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            index.AddRange(bytes);
        }

        void Text(string value)
        {
            Number((ulong)value.Length);
            index.AddRange(Encoding.ASCII.GetBytes(value));
        }

        Number((ulong)entries.Length);
        foreach ((string key, byte[]? payload) in entries)
        {
            ulong size = (ulong)(payload?.Length ?? 4);
            Text(key);
            Number(1);
            Text("unit.o");
            Number(1);
            Number(size);
            Text("");
            Text("");
            index.AddRange(new byte[sizeof(int)]);
            Number(size);
            Number(1_760_000_000);
            if (payload is not null)
            {
                _temporary.WriteFile($"source/artifacts/{key}_0", payload);
            }
        }

        _temporary.WriteFile("source/index.bin", [.. index]);
    }

    private (string? Key, string Source, string Result, string? Reason)[] ReadReport() =>
    [
        .. File.ReadLines(_temporary["report"]).Select(static line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement e = document.RootElement;
            return (e.GetProperty("key").GetString(), e.GetProperty("source").GetString()!,
                e.GetProperty("result").GetString()!, e.GetProperty("reason").GetString());
        }).OrderBy(static l => l.Item1, StringComparer.Ordinal),
    ];
}
