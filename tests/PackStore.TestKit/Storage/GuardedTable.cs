using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>Table memory that gives not a page more than was committed and that may be poisoned on release.</summary>
internal sealed unsafe class GuardedTable(PoisonLedger? ledger) : ITableBacking
{
    private long _committed;

    /// <summary>Reserves address space.</summary>
    public static TableMemory Reserve(long capacityBytes, PoisonLedger? ledger)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        byte* start = NativeCalls.MapFresh(capacityBytes, LinuxConstants.ProtectNone, isShared: false);
        return new TableMemory(start, capacityBytes, new GuardedTable(ledger));
    }

    /// <inheritdoc/>
    public long Commit(byte* start, long committed, long wanted, long capacity)
    {
        NativeCalls.Protect(start, NativeCalls.WholePages(wanted), LinuxConstants.ProtectReadWrite);
        return _committed = Math.Min(capacity, NativeCalls.WholePages(wanted));
    }

    /// <inheritdoc/>
    public void Release(byte* start, long capacity)
    {
        if (ledger is null)
        {
            NativeCalls.Unmap(start, capacity);
        }
        else
        {
            ledger.Poison(start, capacity, _committed);
        }
    }
}
