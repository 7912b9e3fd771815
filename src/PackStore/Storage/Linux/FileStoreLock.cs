using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// The writer's lock: <c>flock</c> on a file that says who holds it. It belongs to the open descriptor, so it also
/// keeps a second holder in the same process out, and the kernel frees it with the process.
/// </summary>
internal sealed class FileStoreLock : IDisposable
{
    // More than any holder's text; bounds what is read of a file that somebody else may have written.
    private const int MaxHolderBytes = 4096;

    private readonly SafeFileHandle _file;

    private FileStoreLock(SafeFileHandle file) => _file = file;

    /// <summary>Opens or creates the file, with exactly this mode if it is new, and takes the lock or says who holds
    /// it.</summary>
    public static FileStoreLock? TryAcquire(
        ParentDirectory parent, string name, uint mode, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        while (true)
        {
            SafeFileHandle file = Open(parent, name, mode);
            FileStoreLock? taken = null;
            bool isCurrent = false;
            try
            {
                FileStoreDirectory.ThrowUnlessRegular(file, name, "lock");
                taken = TryTake(file, name, holder, out currentHolder);

                // Deleted between opening and locking, the lock would be on a file that nobody will look at.
                isCurrent = taken is not null && IsStillNamed(parent, file, name);
                if (taken is null || isCurrent)
                {
                    return taken;
                }
            }
            finally
            {
                if (!isCurrent)
                {
                    file.Dispose();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Closing is not enough: a child that this process is just starting holds a copy of the descriptor until it
        // executes its program, and the lock lives as long as any copy.
        if (!_file.IsClosed)
        {
            // Nothing to be done if it fails: then the close below is what is left.
            _ = Libc.Lock(_file, LockRelease);
            _file.Dispose();
        }
    }

    private static SafeFileHandle Open(in ParentDirectory parent, string name, uint mode)
    {
        while (true)
        {
            int flags = OpenReadWrite | FileStoreDirectory.InsideFlags;
            int descriptor = FileStoreDirectory.OpenRetrying(parent.Descriptor, parent.Leaf, flags, 0, out int errno);
            if (errno == 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            if (errno == StorageError.Enoent)
            {
                flags |= OpenCreate | OpenExclusive;
                descriptor = FileStoreDirectory.OpenRetrying(parent.Descriptor, parent.Leaf, flags, 0x180, out errno);
                if (errno == 0)
                {
                    SafeFileHandle created = new(descriptor, ownsHandle: true);
                    FileStoreDirectory.SetModeOrClose(created, name, mode);
                    return created;
                }
            }

            // EEXIST: somebody created it in between; that one is opened next.
            if (errno != StorageError.Eexist)
            {
                throw StorageError.FromErrno("lock", name, errno);
            }
        }
    }

    private static FileStoreLock? TryTake(
        SafeFileHandle file, string name, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        currentHolder = [];
        int errno;
        do
        {
            errno = Libc.Lock(file, LockExclusiveNoWait) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (errno == StorageError.Eintr);

        if (errno == StorageError.Eagain)
        {
            currentHolder = ReadHolder(file, name);
            return null;
        }

        if (errno != 0)
        {
            throw StorageError.FromErrno("lock", name, errno);
        }

        // The text first, the length after: whoever reads meanwhile finds a name rather than nothing.
        errno = PositionalIo.TryWrite(file, 0, holder);
        int length = errno == 0 ? holder.Length : 0;
        if (Libc.Truncate(file, length) != 0 && errno == 0)
        {
            errno = Marshal.GetLastPInvokeError();
        }

        // The lock is what counts. A disk too full for the text does not keep a store shut: its holder then has no
        // name.
        return errno is 0 or StorageError.Enospc or StorageError.Edquot or StorageError.Efbig
            ? new FileStoreLock(file)
            : throw StorageError.FromErrno("write", name, errno);
    }

    private static unsafe bool IsStillNamed(in ParentDirectory parent, SafeFileHandle file, string name)
    {
        FileStatus named;
        if (Libc.StatAt(parent.Descriptor, parent.Leaf, StatLinkItself, BasicStatus, &named) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno == StorageError.Enoent ? false : throw StorageError.FromErrno("lock", name, errno);
        }

        FileStamp locked = FileStoreFile.StatusOf(file, name).ToStamp();
        return named.ToStamp() is var stamp && stamp.Inode == locked.Inode && stamp.Device == locked.Device;
    }

    private static byte[] ReadHolder(SafeFileHandle file, string name)
    {
        byte[] buffer = new byte[MaxHolderBytes];
        int errno = PositionalIo.TryRead(file, 0, buffer, out int read);
        return errno == 0 ? buffer[..read] : throw StorageError.FromErrno("read", name, errno);
    }
}
