using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PackStore.Storage;
using PackStore.Storage.Linux;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Storage;

/// <summary>What only real files can show.</summary>
public sealed class FileStoreDirectoryTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_root_is_created_private_with_usual_parents_and_only_once()
    {
        string path = _temp.PathOf("parent/other/root");
        Assert.True(StoreDirectories.TryCreateRoot(path));
        Assert.False(StoreDirectories.TryCreateRoot(path));
        Assert.False(StoreDirectories.TryCreateRoot(path + "/"));
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(Private, ModeOf(path));
        Assert.Equal(ModeOf(Directory.CreateDirectory(_temp.PathOf("usual")).FullName), ModeOf(_temp.PathOf("parent")));
        File.WriteAllText(_temp.PathOf("file"), string.Empty);
        Assert.ThrowsAny<IOException>(() => StoreDirectories.TryCreateRoot(_temp.PathOf("file")));
    }

    [Fact]
    public void A_table_grows_by_whole_huge_pages_once_it_is_larger_than_one()
    {
        const long HugePageBytes = 2 << 20;
        using IStoreDirectory directory = StoreDirectories.Open(_temp.RootPath);
        TableMemory table = directory.ReserveTable(1L << 30);
        for (long wanted = 4096; wanted < 64 << 20; wanted = table.CommittedBytes + 1)
        {
            table.Commit(wanted);
            Assert.True(
                table.CommittedBytes < HugePageBytes || table.CommittedBytes % HugePageBytes == 0,
                $"{table.CommittedBytes} bytes end within a huge page");
        }

        table.Release();
    }

    [Fact]
    public void Opening_a_directory_that_is_not_there_fails_with_the_errno()
    {
        IOException error = Assert.Throws<IOException>(() => StoreDirectories.Open(_temp.PathOf("absent")));
        Assert.Equal(StorageError.Enoent, error.HResult);
        Assert.Contains("absent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_boot_is_known_and_the_same_for_all()
    {
        using FileStoreDirectory a = FileStoreDirectory.Open(_temp.RootPath);
        using FileStoreDirectory b = FileStoreDirectory.Open(_temp.RootPath);
        Assert.NotEqual(Guid.Empty, a.BootId);
        Assert.Equal(a.BootId, b.BootId);
    }

    [Fact]
    public void A_pipe_and_a_linked_file_never_stall_or_pass_as_files()
    {
        using Process process = Process.Start("mkfifo", _temp.PathOf("pipe"));
        process.WaitForExit();
        using FileStoreDirectory directory = FileStoreDirectory.Open(_temp.RootPath);
        Assert.Throws<IOException>(() => directory.TryOpen("pipe", writable: false));
        Assert.Throws<IOException>(() => directory.OpenForeign(_temp.PathOf("pipe")));
        Assert.Throws<IOException>(() => directory.TryLock("pipe", "me"u8, out _));
        Assert.Contains(directory.List(string.Empty), static entry => entry is { Name: "pipe", IsFile: false });
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("d")]
    public void Allocated_bytes_add_up_to_what_du_says(string name)
    {
        Skip.IfNot(File.Exists("/usr/bin/du"), "du is not installed.");
        using FileStoreDirectory directory = FileStoreDirectory.Open(_temp.RootPath);
        directory.CreateDirectory("d");
        foreach (int length in new[] { 0, 1, 5000, 1_000_000 })
        {
            using IStoreFile file = directory.Create($"d/{length}");
            file.Reserve(length);
        }

        long sum = directory.AllocatedBytes(name);
        foreach (StoreEntry entry in directory.List(name))
        {
            sum += entry.AllocatedBytes;
            sum += entry.IsDirectory ? directory.List(entry.Name).Sum(static inner => inner.AllocatedBytes) : 0;
        }

        ProcessStartInfo start = new("/usr/bin/du", ["-sB1", _temp.PathOf(name)]) { RedirectStandardOutput = true };
        using Process du = Process.Start(start)!;
        string output = du.StandardOutput.ReadToEnd();
        Assert.Equal(sum, long.Parse(output.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    [SkippableFact]
    public void A_reservation_that_does_not_fit_changes_nothing()
    {
        Skip.IfNot(Directory.Exists("/dev/shm"), "No file system in memory is mounted at /dev/shm.");
        string path = Directory.CreateDirectory($"/dev/shm/packstore-{Guid.NewGuid():N}").FullName;
        try
        {
            using FileStoreDirectory directory = FileStoreDirectory.Open(path);
            using IStoreFile file = directory.Create("a");
            file.Write(0, "abc"u8);
            long before = file.Stat().AllocatedBytes;
            bool isBounded = directory.AvailableBytes() is > 0 and < 1L << 42;
            Skip.IfNot(isBounded, "The file system has no bound that is known to be exceeded.");

            // More than it has at all, which it sees at once: nothing is allocated on the way.
            IOException error = Assert.Throws<StoreFullException>(() => file.Reserve(1L << 44));
            Assert.True(StorageError.IsNoSpace(error));
            Assert.Equal(3, file.Stat().Length);
            Assert.Equal(before, file.Stat().AllocatedBytes);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void A_sync_that_the_system_refuses_is_reported()
    {
        // fdatasync of a pipe fails with EINVAL: a failure of the real call, which the runtime's own flush would hide.
        using Process process = Process.Start("mkfifo", _temp.PathOf("pipe"));
        process.WaitForExit();
        using FileStream pipe = new(_temp.PathOf("pipe"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using FileStoreFile file = new(pipe.SafeFileHandle, "pipe", true, false, StorageFeatures.All);
        IOException error = Assert.Throws<IOException>(file.Sync);
        Assert.Equal(StorageError.Einval, error.HResult);
        Assert.Contains("sync 'pipe'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shared_page_is_seen_through_another_descriptor_and_by_plain_reads()
    {
        using FileStoreDirectory directory = FileStoreDirectory.Open(_temp.RootPath);
        using IStoreFile file = directory.Create("HEAD");
        file.Write(0, new byte[SharedPage.Bytes]);
        using SharedPage page = file.MapPage();
        page.Write(1, 0x1122334455667788);
        byte[] bytes = File.ReadAllBytes(_temp.PathOf("HEAD"));
        Assert.Equal(SharedPage.Bytes, bytes.Length);
        Assert.Equal(0x1122334455667788UL, BitConverter.ToUInt64(bytes, 8));
    }

    [Fact]
    public void A_store_keeps_working_when_its_path_is_renamed()
    {
        string path = _temp.PathOf("before");
        Assert.True(StoreDirectories.TryCreateRoot(path));
        using FileStoreDirectory directory = FileStoreDirectory.Open(path);
        Directory.Move(path, _temp.PathOf("after"));
        directory.Create("a").Dispose();
        Assert.True(File.Exists(_temp.PathOf("after/a")));
    }

    /// <summary>As a child has one between fork and exec: without this, a daemon that starts compilers could not close
    /// its store and open it again at once.</summary>
    [Fact]
    public void A_released_lock_is_free_though_somebody_holds_a_copy_of_its_descriptor()
    {
        using FileStoreDirectory directory = FileStoreDirectory.Open(_temp.RootPath);
        string path = _temp.PathOf("LOCK");
        IDisposable? first = directory.TryLock("LOCK", "1"u8, out _);
        string descriptor = Directory.EnumerateFileSystemEntries("/proc/self/fd").Single(
            fd => new FileInfo(fd).LinkTarget == path);
        using SafeFileHandle copy = NativeCalls.Duplicate(
            int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture));

        first!.Dispose();

        using IDisposable? second = directory.TryLock("LOCK", "2"u8, out _);
        Assert.NotNull(second);
    }

    private static UnixFileMode ModeOf(string path)
        => OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);
}
