using PackStore.Tools.Import;
using PackStore.Tools.Tests.Support;

namespace PackStore.Tools.Tests;

public sealed class DirectoryWalkerTests
{
    private readonly List<string> _skipped = [];

    [Fact]
    public void Files_are_found_by_their_relative_paths()
    {
        using TemporaryDirectory temporary = new();
        temporary.WriteFile("a", "1"u8);
        temporary.WriteFile("sub/dir/b", "22"u8);
        SourceEntry[] entries = Walk(temporary);
        Assert.Equal(["a", "sub/dir/b"], entries.Select(static e => e.Name));
        Assert.Equal([1, 2], entries.Select(static e => e.Facts.Length));
        Assert.Empty(_skipped);
    }

    [SkippableFact]
    public void Links_and_pipes_are_left_out_with_their_reasons()
    {
        Skip.If(OperatingSystem.IsWindows());
        using TemporaryDirectory temporary = new();
        temporary.WriteFile("file", "1"u8);
        Directory.CreateDirectory(temporary["real"]);
        Shell.Run("ln -s file link && ln -s real dirlink && ln -s nowhere dangling && ln -s . loop && mkfifo pipe",
            temporary);
        Assert.Equal(["file"], Walk(temporary).Select(static e => e.Name));
        Assert.Equal(["dangling link", "dirlink link", "link link", "loop link", "pipe pipe"], Skipped);
    }

    [SkippableFact]
    public void Names_that_are_no_text_are_left_out()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        using TemporaryDirectory temporary = new();
        Shell.Run("touch \"$(printf 'a\\377')\" \"$(printf 'b\\357\\277\\275')\"", temporary);
        Shell.Run("mkdir \"$(printf 'd\\377')\"", temporary);
        Assert.Equal(["b\ufffd"], Walk(temporary).Select(static e => e.Name));
        Assert.Equal(["a\ufffd name", "d\ufffd name"], Skipped);
    }

    [Fact]
    public void The_store_itself_is_left_out_also_under_another_name()
    {
        using TemporaryDirectory temporary = new();
        temporary.WriteFile("store/segments/1", "1"u8);
        temporary.WriteFile("report", "1"u8);
        SourceEntry[] entries =
            Walk(temporary, (temporary["store"], SkipReason.Store), (temporary["report"], SkipReason.Report));
        Assert.Empty(entries);
        Assert.Equal(["report report", "store store"], Skipped);
    }

    private IEnumerable<string> Skipped => _skipped.Order(StringComparer.Ordinal);

    private SourceEntry[] Walk(string directory, params (string Path, string Reason)[] excluded) =>
    [
        .. new DirectoryWalker(directory, excluded, (name, reason) => _skipped.Add($"{name} {reason}"))
            .Walk().OrderBy(static e => e.Name, StringComparer.Ordinal),
    ];
}
