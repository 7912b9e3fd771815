using System.Diagnostics;
using System.Text;
using PackStore.Storage.Foreign;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>What every foreign directory promises of a tree that nobody vouches for; run over each
/// implementation.</summary>
public abstract class ForeignDirectorySuite : IDisposable
{
    private readonly TempStore _temp = new();
    private IForeignDirectory? _directory;

    private protected string RootPath => _temp.RootPath;

    private protected IForeignDirectory Directory => _directory ??= Open(RootPath);

    private protected virtual bool KnowsPipes => true;

    public void Dispose()
    {
        _directory?.Dispose();
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract IForeignDirectory Open(string path);

    [Fact]
    public void A_file_is_read_to_its_end_and_no_further_than_the_room_there_is()
    {
        Write("file", "content");
        byte[] room = new byte[100];
        Assert.Equal(ForeignStatus.Ok, Directory.Read("file"u8, room, out int read));
        Assert.Equal("content", Encoding.UTF8.GetString(room, 0, read));
        Assert.Equal(ForeignStatus.Ok, Directory.Read("file"u8, room.AsSpan(0, 3), out read));
        Assert.Equal(3, read);
        Write("empty", "");
        Assert.Equal(ForeignStatus.Ok, Directory.Read("empty"u8, room, out read));
        Assert.Equal(0, read);
    }

    [Fact]
    public void What_is_not_there_is_absent_and_so_is_what_is_no_name()
    {
        Write("file", "x");
        Assert.Equal(ForeignStatus.Absent, Directory.Read("none"u8, [], out _));
        foreach (string name in new[] { "none", "", ".", "..", "a/b", "../" + Path.GetFileName(RootPath), "a\0b",
            new('n', 300) })
        {
            Assert.Equal(ForeignStatus.Absent, Directory.Examine(name, out _));
            Assert.Equal(ForeignStatus.Absent, Directory.TryOpen(name, out _));
            Assert.Equal(ForeignStatus.Absent, Directory.TryOpenDirectory(name, out _));
            Assert.Equal(ForeignStatus.Absent, Directory.TryLock(name, true, out _));
            Assert.Equal(ForeignStatus.Absent, Directory.Delete(name));
            Assert.Equal(ForeignStatus.Absent, Directory.Read(Encoding.UTF8.GetBytes(name), new byte[1], out _));
        }

        Assert.Equal(["file"], Names());
    }

    [SkippableFact]
    public void Links_are_never_followed()
    {
        Skip.If(OperatingSystem.IsWindows());
        Write("file", "secret");
        System.IO.Directory.CreateDirectory(Inside("folder"));
        File.CreateSymbolicLink(Inside("link"), "file");
        File.CreateSymbolicLink(Inside("dangling"), "nowhere");
        System.IO.Directory.CreateSymbolicLink(Inside("folder-link"), "folder");
        foreach (string name in new[] { "link", "dangling", "folder-link" })
        {
            Assert.Equal(ForeignStatus.Ok, Directory.Examine(name, out ForeignFacts facts));
            Assert.Equal(ForeignKind.Other, facts.Kind);
            Assert.Equal(ForeignStatus.WrongKind, Directory.TryOpen(name, out _));
            Assert.Equal(ForeignStatus.WrongKind, Directory.TryOpenDirectory(name, out _));
            Assert.Equal(ForeignStatus.WrongKind, Directory.TryLock(name, false, out _));
            Assert.Equal(ForeignStatus.WrongKind, Directory.Read(Encoding.UTF8.GetBytes(name), new byte[9], out _));
        }

        Assert.Equal(ForeignStatus.Ok, Directory.Delete("link"));
        Assert.True(File.Exists(Inside("file")));
    }

    [SkippableFact]
    public void A_pipe_is_not_waited_for_and_is_no_file()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && KnowsPipes, "this runtime takes a pipe for an empty file");
        using (Process make = Process.Start("mkfifo", Inside("pipe")))
        {
            make.WaitForExit();
        }

        Assert.Equal(ForeignStatus.Ok, Directory.Examine("pipe", out ForeignFacts facts));
        Assert.Equal(ForeignKind.Other, facts.Kind);
        Assert.Equal(ForeignStatus.WrongKind, Directory.TryOpen("pipe", out _));
        Assert.Equal(ForeignStatus.WrongKind, Directory.Read("pipe"u8, new byte[9], out _));
        Assert.Equal(ForeignStatus.WrongKind, Directory.TryLock("pipe", false, out _));
    }

    [Fact]
    public void A_directory_is_no_file_and_a_file_is_no_directory()
    {
        System.IO.Directory.CreateDirectory(Inside("folder"));
        Write("folder/inner", "x");
        Write("file", "x");
        Assert.Equal(ForeignStatus.WrongKind, Directory.TryOpen("folder", out _));
        Assert.Equal(ForeignStatus.WrongKind, Directory.Read("folder"u8, new byte[9], out _));
        Assert.Equal(ForeignStatus.WrongKind, Directory.TryOpenDirectory("file", out _));
        Assert.Equal(ForeignStatus.Ok, Directory.TryOpenDirectory("folder", out IForeignDirectory? folder));
        using (folder)
        {
            Assert.Equal(ForeignStatus.Ok, folder!.Read("inner"u8, new byte[9], out int read));
            Assert.Equal(1, read);
        }
    }

    [Fact]
    public void A_listing_says_what_each_name_is()
    {
        Write("file", "x");
        System.IO.Directory.CreateDirectory(Inside("folder"));
        Dictionary<string, ForeignKind> found = [];
        Assert.Equal(ForeignStatus.Ok, Directory.List((name, kind) => found.Add(Encoding.UTF8.GetString(name), kind)));
        Assert.Equal(ForeignStatus.Ok, Directory.List(static (_, _) => { }));
        Assert.Equal(2, found.Count);
        Assert.Equal(ForeignKind.File, found["file"]);
        Assert.Equal(ForeignKind.Directory, found["folder"]);
    }

    [Fact]
    public void Facts_are_length_and_time()
    {
        Write("file", "four");
        DateTime time = new(2021, 3, 4, 5, 6, 7, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Inside("file"), time);
        Assert.Equal(ForeignStatus.Ok, Directory.Examine("file", out ForeignFacts facts));
        Assert.Equal(
            new ForeignFacts(ForeignKind.File, 4, new DateTimeOffset(time).ToUnixTimeMilliseconds(), 1), facts);
    }

    [Fact]
    public void A_lock_keeps_others_out_and_makes_no_file()
    {
        Assert.Equal(ForeignStatus.Absent, Directory.TryLock("lock", true, out _));
        Assert.Empty(Names());
        Write("lock", "123");
        using IForeignDirectory other = Open(RootPath);
        Assert.Equal(ForeignStatus.Ok, Directory.TryLock("lock", false, out IDisposable? shared));
        Assert.Equal(ForeignStatus.Ok, other.TryLock("lock", false, out IDisposable? second));
        second!.Dispose();
        Assert.Equal(ForeignStatus.Busy, other.TryLock("lock", true, out _));
        shared!.Dispose();
        Assert.Equal(ForeignStatus.Ok, other.TryLock("lock", true, out IDisposable? exclusive));
        Assert.Equal(ForeignStatus.Busy, Directory.TryLock("lock", false, out _));
        exclusive!.Dispose();
        Assert.Equal("123", File.ReadAllText(Inside("lock")));
    }

    [Fact]
    public void Files_are_deleted_and_directories_only_when_empty()
    {
        System.IO.Directory.CreateDirectory(Inside("folder"));
        Write("folder/inner", "x");
        Assert.Equal(ForeignStatus.WrongKind, Directory.Delete("folder"));
        Assert.Equal(ForeignStatus.Busy, Directory.DeleteDirectory("folder"));
        Assert.Equal(ForeignStatus.Ok, Directory.TryOpenDirectory("folder", out IForeignDirectory? folder));
        Assert.Equal(ForeignStatus.Ok, folder!.Delete("inner"));
        folder.Dispose();
        Assert.Equal(ForeignStatus.Ok, Directory.DeleteDirectory("folder"));
        Assert.Equal(ForeignStatus.Absent, Directory.DeleteDirectory("folder"));
        Assert.Empty(Names());
    }

    [SkippableFact]
    public void What_may_not_be_read_is_a_failure_and_no_exception()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root reads everything");
        Write("file", "x");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Inside("file"), UnixFileMode.None);
        }

        Assert.Equal(ForeignStatus.Failed, Directory.TryOpen("file", out _));
        Assert.Equal(ForeignStatus.Failed, Directory.Read("file"u8, new byte[9], out _));
    }

    private protected void Write(string name, string text) => File.WriteAllText(Inside(name), text);

    private protected string Inside(string name) => _temp.PathOf(name);

    private List<string> Names()
    {
        List<string> names = [];
        Directory.List((name, _) => names.Add(Encoding.UTF8.GetString(name)));
        return names;
    }
}
