using System.Buffers;
using System.Runtime.InteropServices;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// A file mapped by <c>mmap</c>, possibly beyond its end. Pages are brought in by the kernel before anyone touches
/// them, so that neither a missing page nor a failing disk ends the process.
/// </summary>
internal sealed unsafe class FileMappedRegion : IRegionBacking
{
    private const int ScratchBytes = 64 * 1024;

    // Only where the kernel cannot populate: then ranges are touched by reading them from the file. Otherwise null, so
    // that a mapped file costs no descriptor.
    private readonly SharedHandle? _file;
    private readonly string _name;

    private FileMappedRegion(SharedHandle? file, string name)
    {
        _file = file;
        _name = name;
    }

    /// <summary>Maps the first bytes of a file read-only. The handle is shared only if populating needs it.</summary>
    public static MappedRegion Map(SharedHandle file, string name, long capacity, StorageFeatures features)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        nint start = 0;
        if (capacity > 0)
        {
            start = Libc.Map(0, (nuint)capacity, ProtectRead, MapShared, file.Handle, 0);
            if (start == -1)
            {
                throw StorageError.FromLast("map", name);
            }
        }

        SharedHandle? kept = features.PopulateRead && PopulateSupport.IsPresent ? null : file.Share();
        return new MappedRegion((byte*)start, capacity, new FileMappedRegion(kept, name));
    }

    /// <inheritdoc/>
    public bool TryPopulate(byte* start, long offset, long length)
    {
        if (length == 0)
        {
            return true;
        }

        if (offset < 0 || length < 0)
        {
            return false;
        }

        return _file is null ? TryPopulateByKernel(start, length) : TryTouchByReading(_file, offset, length);
    }

    /// <inheritdoc/>
    public void Release(byte* start, long capacity)
    {
        _file?.Release();
        if (capacity > 0 && Libc.Unmap((nint)start, (nuint)capacity) != 0)
        {
            throw StorageError.FromLast("unmap", _name);
        }
    }

    private static bool TryPopulateByKernel(byte* start, long length)
    {
        nint page = (nint)start & ~((nint)Environment.SystemPageSize - 1);
        nuint bytes = (nuint)(start + length - (byte*)page);
        while (Libc.Advise(page, bytes, AdvisePopulateRead) != 0)
        {
            // Anything else means that a page cannot be had: beyond the end, a failed read, poisoned memory, not
            // mapped.
            if (Marshal.GetLastPInvokeError() != StorageError.Eintr)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryTouchByReading(SharedHandle file, long offset, long length)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(ScratchBytes);
        try
        {
            // The last page counts as a whole, as with the kernel: what follows the end inside it reads as zeros.
            for (long end = offset + length; offset < end;)
            {
                int wanted = (int)Math.Min(end - offset, ScratchBytes);
                int errno = PositionalIo.TryRead(file.Handle, offset, scratch.AsSpan(0, wanted), out int read);
                if (errno != 0 || read == 0)
                {
                    return false;
                }

                if (read < wanted)
                {
                    long page = Environment.SystemPageSize;
                    return (offset + read + page - 1) / page * page >= end;
                }

                offset += read;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
