using System.Collections.Concurrent;
using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// Keeps account of released memory: it becomes inaccessible, so that any use after release faults, and its addresses
/// are never
/// handed out again in this process, so that none can hide behind a newer mapping.
/// </summary>
internal sealed unsafe class PoisonLedger
{
    private readonly ConcurrentDictionary<nint, long> _released = new();

    /// <summary>How many ranges were released.</summary>
    public int ReleaseCount => _released.Count;

    /// <summary>Makes a range inaccessible for ever.</summary>
    public void Poison(byte* start, long bytes)
    {
        if (start == null || bytes == 0)
        {
            return;
        }

        if (!_released.TryAdd((nint)start, bytes))
        {
            throw new InvalidOperationException("Memory was released twice.");
        }

        NativeCalls.Seal(start, bytes);
    }

    /// <summary>Whether the region's memory was released.</summary>
    public bool IsReleased(MappedRegion region) => _released.ContainsKey((nint)NativeCalls.StartOf(region));

    /// <summary>Whether an address lies in memory that was released.</summary>
    public bool IsReleased(byte* address)
    {
        foreach ((nint start, long bytes) in _released)
        {
            if ((nint)address >= start && (nint)address - start < bytes)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks the kernel, without touching it, whether a byte of a region could be read now. A use of memory for
    /// which this is <see langword="false"/> would end the process.</summary>
    public static bool IsReadable(MappedRegion region, long offset = 0)
        => region.Capacity > 0 && NativeCalls.IsReadable(NativeCalls.StartOf(region) + offset);
}
