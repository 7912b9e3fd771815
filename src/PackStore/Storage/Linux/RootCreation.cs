using System.Runtime.InteropServices;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>Makes the directory of a new store, durably: every directory that gets a new name is synced.</summary>
internal static class RootCreation
{
    private const uint UsualDirectory = 0x1FF; // 0777, less the umask

    /// <summary>Creates it, and its parents with the usual mode. <see langword="false"/> if a directory is
    /// there.</summary>
    public static bool TryCreate(string fullPath, uint mode)
    {
        string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(fullPath));
        if (parent is not null && !Directory.Exists(parent))
        {
            TryCreate(parent, UsualDirectory);
        }

        if (Libc.MakeDirectoryAt(CurrentDirectory, fullPath, mode) != 0)
        {
            int failure = Marshal.GetLastPInvokeError();
            return failure == StorageError.Eexist && Directory.Exists(fullPath)
                ? false
                : throw StorageError.FromErrno("create", fullPath, failure);
        }

        int flags = OpenReadOnly | OpenDirectory | OpenCloseOnExec;
        int descriptor = FileStoreDirectory.OpenRetrying(CurrentDirectory, parent ?? "/", flags, 0, out int errno);
        if (errno == 0)
        {
            errno = SyncAndClose(descriptor);
        }

        return errno == 0 ? true : throw StorageError.FromErrno("sync directory", parent ?? "/", errno);
    }

    /// <summary>Syncs a directory and closes it. Returns the errno or 0.</summary>
    public static int SyncAndClose(int directory)
    {
        int errno;
        do
        {
            errno = Libc.Sync(directory) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (errno == StorageError.Eintr);
        _ = Libc.Close(directory);
        return errno;
    }
}
