using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>Copies between two files without the bytes passing through this process.</summary>
internal static unsafe class KernelCopy
{
    private const long CallBytes = 1L << 30;

    /// <summary>Shares blocks; <see langword="false"/> where the file system, the devices or the alignment forbid
    /// it.</summary>
    public static bool TryClone(FileStoreFile source, long sourceOffset, FileStoreFile target, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
        {
            // To the kernel nothing means everything up to the end.
            return true;
        }

        SafeFileHandle from = source.Handle;
        bool held = false;
        from.DangerousAddRef(ref held);
        try
        {
            CloneRange range = new()
            {
                SourceDescriptor = from.DangerousGetHandle(),
                SourceOffset = (ulong)sourceOffset,
                SourceLength = (ulong)length,
                TargetOffset = (ulong)offset,
            };
            int errno;
            do
            {
                int result = Libc.CloneRange(target.Handle, CloneRangeRequest, &range);
                errno = result == 0 ? 0 : Marshal.GetLastPInvokeError();
            }
            while (errno == StorageError.Eintr);

            if (errno != 0 && !IsUnsupported(errno))
            {
                throw StorageError.FromErrno("clone into", target.Name, errno);
            }

            return errno == 0;
        }
        finally
        {
            from.DangerousRelease();
        }
    }

    /// <summary>Copies from the front as far as the kernel goes and returns how far: less than asked where it cannot
    /// copy between these files, or where the source ends.</summary>
    public static long CopySome(FileStoreFile source, long sourceOffset, FileStoreFile target, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        long copied = 0;
        while (copied < length)
        {
            long from = sourceOffset + copied;
            long to = offset + copied;
            nuint count = (nuint)Math.Min(length - copied, CallBytes);
            nint got = Libc.CopyRange(source.Handle, &from, target.Handle, &to, count, 0);
            if (got > 0)
            {
                copied += got;
                continue;
            }

            int errno = got == 0 ? 0 : Marshal.GetLastPInvokeError();
            if (errno == 0 || IsUnsupported(errno))
            {
                return copied;
            }

            if (errno != StorageError.Eintr)
            {
                throw StorageError.FromErrno("copy into", target.Name, errno);
            }
        }

        return copied;
    }

    // EPERM: what sandboxes and some network file systems say of calls that they do not know.
    private static bool IsUnsupported(int errno)
        => errno is StorageError.Eopnotsupp or StorageError.Einval or StorageError.Exdev or StorageError.Enosys
            or StorageError.Enotty or StorageError.Eperm;
}
