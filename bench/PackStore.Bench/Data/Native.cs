using System.Runtime.InteropServices;

namespace PackStore.Bench.Data;

/// <summary>The few system calls the floor and the harness make themselves, each with its result checked.</summary>
internal static unsafe partial class Native
{
    private const int ProtRead = 1;
    private const int MapShared = 1;
    private const int MapPrivate = 2;
    private const int AdviseHugePage = 14;

    /// <summary>Maps a whole file for reading; the mapping outlives the descriptor.</summary>
    internal static byte* MapForReading(SafeHandle file, long length, bool copyOnWrite = false)
    {
        int protection = copyOnWrite ? ProtRead | 2 : ProtRead;
        nint address = MMap(0, (nuint)length, protection, copyOnWrite ? MapPrivate : MapShared,
            (int)file.DangerousGetHandle(), 0);
        return address == -1 ? throw LastError("mmap") : (byte*)address;
    }

    internal static void Unmap(byte* address, long length) => Check(MUnmap((nint)address, (nuint)length), "munmap");

    /// <summary>Asks for huge pages; a refusal costs speed only, so the result is not looked at.</summary>
    internal static void AdviseHugePages(void* address, long length) =>
        _ = MAdvise((nint)address, (nuint)length, AdviseHugePage);

    /// <summary>Reserves blocks and sets the length.</summary>
    internal static void Allocate(SafeHandle file, long length)
    {
        int error = PosixFAllocate((int)file.DangerousGetHandle(), 0, length);
        if (error != 0)
        {
            throw new IOException($"posix_fallocate of {length} bytes failed with errno {error}.");
        }
    }

    internal static void SyncData(SafeHandle file) => Check(FDataSync((int)file.DangerousGetHandle()), "fdatasync");

    internal static void SyncDirectory(string path)
    {
        int descriptor = OpenPath(path, 0x10000 /* O_DIRECTORY */);
        Check(descriptor, "open");
        int result = FSync(descriptor);
        _ = CloseDescriptor(descriptor);
        Check(result, "fsync");
    }

    /// <summary>Has the kernel forget the pages of a file; those that are mapped or not written back stay.</summary>
    internal static void DropPages(SafeHandle file)
    {
        int error = PosixFAdvise((int)file.DangerousGetHandle(), 0, 0, 4 /* POSIX_FADV_DONTNEED */);
        if (error != 0)
        {
            throw new IOException($"posix_fadvise failed with errno {error}.");
        }
    }

    /// <summary>Writes back the file system that holds <paramref name="path"/>.</summary>
    internal static void SyncFileSystem(string path)
    {
        int descriptor = OpenPath(path, 0x10000);
        Check(descriptor, "open");
        int result = SyncFs(descriptor);
        _ = CloseDescriptor(descriptor);
        Check(result, "syncfs");
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw LastError(call);
        }
    }

    private static IOException LastError(string call) =>
        new($"{call} failed with errno {Marshal.GetLastPInvokeError()}.");

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MMap(
        nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int MAdvise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFAllocate(int descriptor, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int PosixFAdvise(int descriptor, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
