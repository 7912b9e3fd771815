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
        // An eighth more each time: few calls and few splits of the mapping however far the table grows. Beyond the
        // first huge page in whole ones: one that is touched while only a part of it is writable stays small for good.
        long step = Math.Max(MinStepBytes, committed / 8);
        long end = Math.Max(wanted, committed + step);
        long unit = end > HugePageBytes ? HugePageBytes : Environment.SystemPageSize;
        long target = Math.Min(capacity, (end + unit - 1) & -unit);
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
}
