using System.Text;
using PackStore.Storage;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>What every directory promises about names, links, modes and the lock; run over each
/// implementation.</summary>
public abstract class StoreDirectorySuite : IDisposable
{
    private protected const UnixFileMode SharedFile = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TempStore _temp = new();
    private IStoreDirectory? _directory;

    private protected string RootPath => _temp.RootPath;

    private protected IStoreDirectory Directory => _directory ??= Open();

    private protected virtual bool IsOnDisk => true;

    private protected virtual bool HasHardLinks => true;

    private protected virtual bool MapsBeyondEnd => true;

    private protected virtual bool KnowsIdentity => true;

    private protected virtual bool NamesLockHolder => true;

    public void Dispose()
    {
        _directory?.Dispose();
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract IStoreDirectory Open();

    private protected virtual IStoreDirectory OpenAgain() => Open();

    [Fact]
    public void An_absent_file_is_null_and_not_an_error()
    {
        Assert.Null(Directory.TryOpen("absent", writable: false));
        Assert.Null(Directory.TryOpen("no/such/name", writable: true));
        Assert.False(Directory.Delete("absent"));
        Assert.False(Directory.Delete("no/such"));
        Assert.Empty(Directory.List("nowhere"));
    }

    [Fact]
    public void Creating_an_existing_name_fails_with_the_errno()
    {
        Directory.Create("a").Dispose();
        IOException error = Assert.ThrowsAny<IOException>(() => Directory.Create("a"));
        Assert.Equal(StorageError.Eexist, error.HResult);
    }

    [Fact]
    public void Opening_a_directory_as_a_file_fails()
    {
        Directory.CreateDirectory("d");
        Assert.ThrowsAny<IOException>(() => Directory.TryOpen("d", writable: false));
    }

    [Fact]
    public void Writing_a_file_opened_for_reading_fails()
    {
        Directory.Create("a").Dispose();
        using IStoreFile file = Directory.TryOpen("a", writable: false)!;
        Assert.ThrowsAny<IOException>(() => file.Write(0, "x"u8));
    }

    [Fact]
    public void List_tells_kinds_and_lengths()
    {
        Directory.CreateDirectory("d");
        Directory.CreateDirectory("d/e");
        Put("d/f", "12345");
        StoreEntry[] entries = [.. Directory.List("d").OrderBy(static entry => entry.Name, StringComparer.Ordinal)];
        Assert.Equal(["e", "f"], entries.Select(static entry => entry.Name));
        Assert.True(entries[0] is { IsDirectory: true, IsFile: false });
        Assert.True(entries[1] is { IsDirectory: false, IsFile: true, Length: 5, AllocatedBytes: > 0 });
        Assert.Contains(Directory.List(string.Empty), static entry => entry.Name == "d" && entry.IsDirectory);
        Assert.True(Directory.AllocatedBytes("d") >= 0);
        Assert.ThrowsAny<IOException>(() => Directory.AllocatedBytes("absent"));
    }

    [Fact]
    public void Creating_a_directory_twice_succeeds()
    {
        Directory.CreateDirectory("d");
        Directory.CreateDirectory("d");
        Assert.Single(Directory.List(string.Empty));
    }

    [Fact]
    public void Replace_puts_one_file_in_the_place_of_another()
    {
        Directory.CreateDirectory("d");
        Put("new", "new");
        Put("d/old", "old");
        Directory.Replace("new", "d/old");
        Assert.Equal("new", Get("d/old"));
        Assert.Null(Directory.TryOpen("new", writable: false));
        Assert.ThrowsAny<IOException>(() => Directory.Replace("absent", "d/old"));
    }

    [Fact]
    public void TryRename_leaves_both_files_alone_when_the_name_is_taken()
    {
        Put("a", "a");
        Put("b", "b");
        Assert.False(Directory.TryRename("a", "b"));
        Assert.Equal("a", Get("a"));
        Assert.Equal("b", Get("b"));
        Assert.True(Directory.TryRename("a", "c"));
        Assert.Equal("a", Get("c"));
        Assert.Null(Directory.TryOpen("a", writable: false));
    }

    [Fact]
    public void A_deleted_file_stays_readable_for_those_who_have_it_open()
    {
        Put("a", "bytes");
        using IStoreFile file = Directory.TryOpen("a", writable: false)!;
        MappedRegion region = file.Map(5);
        Assert.True(Directory.Delete("a"));
        Assert.Equal("bytes", Encoding.ASCII.GetString(region.Span(0, 5)));
        byte[] read = new byte[5];
        Assert.Equal(5, file.Read(0, read));
        region.Release();
    }

    [Fact]
    public void Syncing_a_directory_that_is_not_there_fails()
    {
        Directory.CreateDirectory("d");
        Directory.SyncDirectory("d");
        Directory.SyncDirectory(string.Empty);
        Assert.ThrowsAny<IOException>(() => Directory.SyncDirectory("absent"));
    }

    [Fact]
    public void Files_are_private_until_told_otherwise()
    {
        using IStoreFile file = Directory.Create("a");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.Stat().Mode);
        Directory.AdoptModeFrom("absent");
        Directory.Create("b").Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf("b"));
    }

    [Fact]
    public void Files_and_directories_take_the_read_bits_of_the_adopted_file()
    {
        using (IStoreFile file = Directory.Create("pattern"))
        {
            file.SetAttributes(SharedFile | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute, null);
        }

        Directory.AdoptModeFrom("pattern");
        Directory.Create("a").Dispose();
        Directory.CreateDirectory("d");
        Assert.Equal(SharedFile, ModeOf("a"));
        if (IsOnDisk)
        {
            const UnixFileMode Wanted = SharedFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute;
            Assert.Equal(Wanted, ModeOnDisk(Path.Combine(RootPath, "d")));
        }
    }

    [SkippableFact]
    public void Directories_are_private()
    {
        Skip.IfNot(IsOnDisk, "A directory in memory shows no mode.");
        Directory.CreateDirectory("d");
        const UnixFileMode Wanted = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(Wanted, ModeOnDisk(Path.Combine(RootPath, "d")));
    }

    [SkippableFact]
    public void A_name_that_is_a_link_is_refused()
    {
        Skip.IfNot(IsOnDisk, "There are no links in memory.");
        Put("target", "secret");
        File.CreateSymbolicLink(Path.Combine(RootPath, "link"), Path.Combine(RootPath, "target"));
        File.CreateSymbolicLink(Path.Combine(RootPath, "dangling"), Path.Combine(RootPath, "absent"));
        Assert.ThrowsAny<IOException>(() => Directory.TryOpen("link", writable: false));
        Assert.ThrowsAny<IOException>(() => Directory.TryOpen("dangling", writable: true));
        Assert.ThrowsAny<IOException>(() => Directory.Create("dangling"));
        Assert.ThrowsAny<IOException>(() => Directory.TryLock("dangling", "me"u8, out _));
        Assert.False(File.Exists(Path.Combine(RootPath, "absent")));
        Assert.DoesNotContain(Directory.List(string.Empty), static entry => entry is { Name: "link", IsFile: true });
    }

    [SkippableFact]
    public void A_name_below_a_linked_directory_is_refused()
    {
        Skip.IfNot(IsOnDisk, "There are no links in memory.");
        using TempStore outside = new();
        File.WriteAllText(outside.PathOf("a"), "outside");
        File.CreateSymbolicLink(Path.Combine(RootPath, "d"), outside.RootPath);
        Assert.ThrowsAny<IOException>(() => Directory.TryOpen("d/a", writable: false));
        Assert.ThrowsAny<IOException>(() => Directory.Create("d/b"));
        Assert.ThrowsAny<IOException>(() => Directory.Delete("d/a"));
        Assert.ThrowsAny<IOException>(() => Directory.List("d"));
        Assert.ThrowsAny<IOException>(() => Directory.CreateDirectory("d"));
        Assert.Equal("outside", File.ReadAllText(outside.PathOf("a")));
    }

    [Fact]
    public void A_lock_keeps_a_second_holder_out_and_names_the_first()
    {
        using (IDisposable? first = Directory.TryLock("LOCK", "pid 1, the first"u8, out _))
        {
            Assert.NotNull(first);
            using IStoreDirectory other = OpenAgain();
            Assert.Null(other.TryLock("LOCK", "pid 2"u8, out byte[] holder));
            Assert.Equal(NamesLockHolder ? "pid 1, the first" : string.Empty, Encoding.ASCII.GetString(holder));
        }

        using IDisposable? again = Directory.TryLock("LOCK", "3"u8, out byte[] nobody);
        Assert.NotNull(again);
        Assert.Empty(nobody);
        if (NamesLockHolder)
        {
            Assert.Equal("3", Get("LOCK"));
        }
    }

    [Fact]
    public void A_foreign_file_is_read_and_a_missing_one_is_not_found()
    {
        using TempStore outside = new();
        File.WriteAllText(outside.PathOf("a"), "outside");
        File.CreateSymbolicLink(outside.PathOf("link"), outside.PathOf("a"));
        using (IStoreFile file = Directory.OpenForeign(outside.PathOf("link")))
        {
            byte[] read = new byte[7];
            Assert.Equal(7, file.Read(0, read));
            Assert.Equal("outside", Encoding.ASCII.GetString(read));
        }

        Assert.Throws<FileNotFoundException>(() => Directory.OpenForeign(outside.PathOf("absent")));
        Assert.Throws<DirectoryNotFoundException>(() => Directory.OpenForeign(outside.PathOf("no/such")));
        Assert.Throws<UnauthorizedAccessException>(() => Directory.OpenForeign(outside.RootPath));
    }

    [Fact]
    public void A_foreign_file_is_created_with_exactly_the_mode_asked_for()
    {
        using TempStore outside = new();
        const UnixFileMode Wanted = SharedFile | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        using (IStoreFile file = Directory.CreateForeign(outside.PathOf("a"), Wanted))
        {
            file.Reserve(4096);
            file.Write(0, "abc"u8);
            file.TruncateForeign(3);
        }

        Assert.Equal("abc", File.ReadAllText(outside.PathOf("a")));
        Assert.Equal(Wanted, ModeOnDisk(outside.PathOf("a")));
        Assert.ThrowsAny<IOException>(() => Directory.CreateForeign(outside.PathOf("a"), null));
    }

    [Fact]
    public void Hard_links_are_made_or_declined()
    {
        using TempStore outside = new();
        File.WriteAllText(outside.PathOf("a"), "outside");
        Put("inner", "inside");
        Assert.Equal(HasHardLinks, Directory.TryLinkForeign(outside.PathOf("a"), "linked"));
        Assert.Equal(HasHardLinks, Directory.TryLinkOut("inner", outside.PathOf("b")));
        if (HasHardLinks)
        {
            Assert.Equal("outside", Get("linked"));
            Assert.Equal("inside", File.ReadAllText(outside.PathOf("b")));
            Assert.ThrowsAny<IOException>(() => Directory.TryLinkForeign(outside.PathOf("a"), "linked"));
            Assert.ThrowsAny<IOException>(() => Directory.TryLinkOut("inner", outside.PathOf("b")));
        }
    }

    [Fact]
    public void Space_is_available()
    {
        Assert.True(Directory.AvailableBytes() > 0);
    }

    [Fact]
    public void A_table_grows_in_place_with_zeros()
    {
        TableMemory table = Directory.ReserveTable(64 << 20);
        table.Commit(100);
        Assert.True(table.CommittedBytes >= 100);
        Span<ulong> first = table.Elements<ulong>(12);
        Assert.Equal(0UL, first[11]);
        first[11] = 42;
        table.Commit(8 << 20);
        Assert.Equal(42UL, table.Elements<ulong>(1 << 20)[11]);
        Assert.Equal(0UL, table.Elements<ulong>(1 << 20)[^1]);
        Assert.Throws<InvalidOperationException>(() => table.Commit((64 << 20) + 1));
        table.Release();
        table.Release();
    }

    private protected void Put(string name, string text)
    {
        using IStoreFile file = Directory.Create(name);
        file.Write(0, Encoding.ASCII.GetBytes(text));
    }

    private protected string Get(string name)
    {
        using IStoreFile file = Directory.TryOpen(name, writable: false)!;
        byte[] bytes = new byte[file.Stat().Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return Encoding.ASCII.GetString(bytes);
    }

    private static UnixFileMode ModeOnDisk(string path)
        => OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    private UnixFileMode ModeOf(string name)
    {
        using IStoreFile file = Directory.TryOpen(name, writable: false)!;
        return file.Stat().Mode;
    }
}
