using System.Runtime.InteropServices;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// Tables in anonymous memory: address space without access at first, made writable from the front in steps.
/// </summary>
internal sealed unsafe class FileTableBacking : ITableBacking
{
    private const long MinStepBytes = 1 << 20;
    private const long HugePageBytes = 2 << 20;

    private static readonly FileTableBacking s_instance = new();

    private FileTableBacking()
    {
    }

    /// <summary>Reserves address space; nothing of it counts as used memory.</summary>
    public static TableMemory Reserve(long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        nint start = Libc.MapAnonymous(
            0, (nuint)capacityBytes, ProtectNone, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        if (start == -1)
        {
            throw StorageError.FromLast("reserve memory for", "table");
        }

        // Random first stores fault in 2 MiB at a time. A kernel built without huge pages refuses: then it is slower,
        // no more.
        if (capacityBytes >= HugePageBytes)
        {
            _ = Libc.Advise(start, (nuint)capacityBytes, AdviseHugePages);
        }

        return new TableMemory((byte*)start, capacityBytes, s_instance);
    }

    /// <inheritdoc/>
    public long Commit(byte* start, long committed, long wanted, long capacity)
    {
        // An eighth more each time: few calls and few splits of the mapping however far the table grows.
        long step = Math.Max(MinStepBytes, committed / 8);
        long target = Math.Min(capacity, RoundUpToPage(Math.Max(wanted, committed + step)));
        long from = committed & ~((long)Environment.SystemPageSize - 1);
        if (Libc.Protect((nint)(start + from), (nuint)(target - from), ProtectReadWrite) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw new InsufficientMemoryException(
                $"A table of {wanted} bytes gets no memory: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).");
        }

        return target;
    }

    /// <inheritdoc/>
    public void Release(byte* start, long capacity)
    {
        if (Libc.Unmap((nint)start, (nuint)capacity) != 0)
        {
            throw StorageError.FromLast("free the memory of", "table");
        }
    }

    private static long RoundUpToPage(long bytes)
        => (bytes + Environment.SystemPageSize - 1) & ~((long)Environment.SystemPageSize - 1);
}
