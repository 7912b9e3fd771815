using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// Gives a file blocks first and length second, so that a full disk leaves the length, and everything that is mapped,
/// as it was.
/// </summary>
internal static class SpaceReservation
{
    private static readonly byte[] s_zeros = new byte[256 * 1024];

    /// <summary>Grows a file to <paramref name="length"/> bytes that can all be written. Returns the errno or 0. The
    /// caller lets nobody else grow the file meanwhile.</summary>
    public static int TryGrow(SafeFileHandle file, long present, long length, StorageFeatures features)
    {
        int errno = features.Allocate ? TryAllocate(file, present, length) : StorageError.Eopnotsupp;
        if (errno is StorageError.Eopnotsupp or StorageError.Enosys or StorageError.Einval)
        {
            errno = TryWriteZeros(file, present, length);
        }

        if (errno != 0)
        {
            // Gives back what was allocated beyond the old end. Nobody has used it: the length was not announced to
            // anyone. The errno that is reported is the first one, whether or not this succeeds.
            _ = Libc.Truncate(file, present);
        }

        return errno;
    }

    // ext4 allocates in pieces and moves the length with each, so that running out half-way would leave the file
    // longer: hence blocks without length first, then the length over blocks that are there.
    private static int TryAllocate(SafeFileHandle file, long present, long length)
    {
        int errno = Allocate(file, AllocateKeepLength, present, length - present);
        return errno == 0 ? Allocate(file, 0, present, length - present) : errno;
    }

    private static int Allocate(SafeFileHandle file, int mode, long offset, long length)
    {
        int errno;
        do
        {
            errno = Libc.Allocate(file, mode, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (errno == StorageError.Eintr);
        return errno;
    }

    private static int TryWriteZeros(SafeFileHandle file, long offset, long end)
    {
        while (offset < end)
        {
            int count = (int)Math.Min(end - offset, s_zeros.Length - (offset % s_zeros.Length));
            int errno = PositionalIo.TryWrite(file, offset, s_zeros.AsSpan(0, count));
            if (errno != 0)
            {
                return errno;
            }

            offset += count;
        }

        return 0;
    }
}
