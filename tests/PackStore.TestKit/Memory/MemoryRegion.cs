using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>A mapped range of a file in memory. Touching a page beyond the file's end faults, as it does on a
/// disk.</summary>
internal sealed unsafe class MemoryRegion(
    MemoryFile file, byte* start, long capacity, bool isQuick, PoisonLedger? ledger) : IRegionBacking
{
    private long _uncovered;

    /// <summary>Makes the pages up to the file's length readable.</summary>
    public void Uncover(long length)
    {
        long wanted = Math.Min(NativeCalls.WholePages(length), NativeCalls.WholePages(capacity));
        if (wanted > _uncovered)
        {
            if (!isQuick)
            {
                NativeCalls.Protect(start, wanted, LinuxConstants.ProtectRead);
            }

            _uncovered = wanted;
        }
    }

    /// <inheritdoc/>
    public bool TryPopulate(byte* address, long offset, long length)
    {
        lock (file.Gate)
        {
            return length == 0 || (offset >= 0 && length > 0 && length <= _uncovered - offset);
        }
    }

    /// <inheritdoc/>
    public void Release(byte* address, long bytes)
    {
        lock (file.Gate)
        {
            file.Content.Forget(this);
            file.Holds--;
            file.FreeIfUnused();
        }

        if (isQuick)
        {
            return;
        }

        if (ledger is null)
        {
            NativeCalls.Unmap(start, capacity);
        }
        else
        {
            ledger.Poison(start, capacity, capacity);
        }
    }
}
