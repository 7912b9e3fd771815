using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>Files outside the store, named by callers: adopted from or delivered to. Failures are those of the
/// runtime's own files.</summary>
internal static unsafe class ForeignFiles
{
    /// <summary>Opens a regular file for reading, links followed.</summary>
    public static FileStoreFile Open(string path, StorageFeatures features)
    {
        string fullPath = Path.GetFullPath(path);
        int flags = OpenReadOnly | OpenCloseOnExec | OpenNonBlocking | OpenNoTerminal;
        int descriptor = FileStoreDirectory.OpenRetrying(CurrentDirectory, fullPath, flags, 0, out int errno);
        if (errno != 0)
        {
            throw ForeignError("open", fullPath, errno);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        try
        {
            FileStatus status = FileStoreFile.StatusOf(handle, fullPath);
            if (status.IsDirectory)
            {
                throw ForeignError("open", fullPath, StorageError.Eacces);
            }

            FileStoreDirectory.ThrowUnlessRegular(handle, fullPath, "open");
        }
        catch (Exception)
        {
            handle.Dispose();
            throw;
        }

        return new FileStoreFile(handle, fullPath, writable: false, isForeign: true, features);
    }

    /// <summary>Creates a file with exactly the mode that was asked for, or the usual one.</summary>
    public static FileStoreFile Create(string path, UnixFileMode? mode, uint usualMode, StorageFeatures features)
    {
        string fullPath = Path.GetFullPath(path);
        uint bits = mode is { } asked ? (uint)asked & PermissionMask : usualMode;
        int flags = OpenReadWrite | OpenCreate | OpenExclusive | OpenCloseOnExec;
        int descriptor = FileStoreDirectory.OpenRetrying(CurrentDirectory, fullPath, flags, bits, out int errno);
        if (errno != 0)
        {
            throw ForeignError("create", fullPath, errno);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (mode is not null)
        {
            FileStoreDirectory.SetModeOrClose(handle, fullPath, bits);
        }

        return new FileStoreFile(handle, fullPath, writable: true, isForeign: true, features);
    }

    /// <summary>Links a foreign regular file, links followed, to a name of the store.</summary>
    public static bool TryLinkIn(string path, ParentDirectory parent, string name)
    {
        string fullPath = Path.GetFullPath(path);
        if (Libc.LinkAt(CurrentDirectory, fullPath, parent.Descriptor, parent.Leaf, LinkTarget) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return CannotLink(errno) ? false : throw StorageError.FromErrno($"link '{fullPath}' to", name, errno);
        }

        // Looked at afterwards: what was linked is what counts, not what stood there a moment before.
        FileStatus status;
        if (Libc.StatAt(parent.Descriptor, parent.Leaf, StatLinkItself, BasicStatus, &status) != 0)
        {
            throw StorageError.FromLast("examine", name);
        }

        if (status.IsRegular)
        {
            return true;
        }

        return Libc.UnlinkAt(parent.Descriptor, parent.Leaf, 0) == 0
            ? throw StorageError.WrongKind("link", fullPath, "a regular file")
            : throw StorageError.FromLast("delete", name);
    }

    /// <summary>Links a regular file of the store to a foreign path.</summary>
    public static bool TryLinkOut(ParentDirectory parent, string name, string path)
    {
        FileStatus status;
        if (Libc.StatAt(parent.Descriptor, parent.Leaf, StatLinkItself, BasicStatus, &status) != 0)
        {
            throw StorageError.FromLast("link", name);
        }

        if (!status.IsRegular)
        {
            throw StorageError.WrongKind("link", name, "a regular file");
        }

        string fullPath = Path.GetFullPath(path);
        if (Libc.LinkAt(parent.Descriptor, parent.Leaf, CurrentDirectory, fullPath, 0) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return CannotLink(errno) ? false : throw ForeignError($"link '{name}' to", fullPath, errno);
    }

    // EPERM: a file system without links, or a file that the kernel protects from being linked by others than its
    // owner.
    private static bool CannotLink(int errno)
        => errno is StorageError.Exdev or StorageError.Emlink or StorageError.Eperm or StorageError.Eopnotsupp
            or StorageError.Enosys;

    private static Exception ForeignError(string operation, string path, int errno)
    {
        IOException error = StorageError.FromErrno(operation, path, errno);
        return errno switch
        {
            StorageError.Enoent when Directory.Exists(Path.GetDirectoryName(path)) =>
                new FileNotFoundException(error.Message, path),
            StorageError.Enoent or StorageError.Enotdir => new DirectoryNotFoundException(error.Message),
            StorageError.Eacces or StorageError.Eperm => new UnauthorizedAccessException(error.Message, error),
            _ => error,
        };
    }
}
