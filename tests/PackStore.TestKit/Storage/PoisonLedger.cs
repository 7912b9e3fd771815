using System.Collections.Concurrent;
using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>
/// Keeps account of released memory: it becomes inaccessible, so that any use after release faults, and its addresses
/// are never handed out again before the ledger is disposed, so that none can hide behind a newer mapping.
/// </summary>
/// <param name="isSoft">Whether released memory is filled with a pattern instead: a use of it reads garbage, which a
/// test can catch where a fault would end the process.</param>
internal sealed unsafe class PoisonLedger(bool isSoft = false) : IDisposable
{
    private const byte Pattern = 0xCC;

    private readonly ConcurrentDictionary<nint, long> _released = new();
    private readonly ConcurrentQueue<string> _misuses = [];

    /// <summary>How many ranges were released.</summary>
    public int ReleaseCount => _released.Count;

    /// <summary>Uses after release that were noticed without a fault.</summary>
    public IReadOnlyCollection<string> Misuses => _misuses;

    /// <summary>Notes a use of something that was given back.</summary>
    public void NoteMisuse(string what) => _misuses.Enqueue(what);

    /// <summary>Makes a range inaccessible, or garbage, for ever.</summary>
    /// <param name="start">Where it starts.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="used">How many bytes at its front may have been in use.</param>
    public void Poison(byte* start, long bytes, long used)
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
        if (isSoft)
        {
            used = NativeCalls.WholePages(Math.Min(used, bytes));
            NativeCalls.Protect(start, used, LinuxConstants.ProtectReadWrite);
            new Span<byte>(start, checked((int)used)).Fill(Pattern);
        }
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

    /// <summary>Asks the kernel whether any byte that was released could be read now.</summary>
    public bool IsAnyReadable() => _released.Keys.Any(static start => NativeCalls.IsReadable((byte*)start));

    /// <summary>Gives the addresses back. Only when nobody is left who could use one.</summary>
    public void Dispose()
    {
        foreach ((nint start, long bytes) in _released)
        {
            NativeCalls.Unmap((byte*)start, bytes);
        }

        _released.Clear();
    }
}
