using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// A directory of real files whose released regions and tables become inaccessible for ever instead of being unmapped.
/// For a <see cref="MemoryDirectory"/> set its own ledger instead.
/// </summary>
internal sealed class PoisoningDirectory(IStoreDirectory inner, PoisonLedger ledger) : ObservedDirectory(inner)
{
    /// <inheritdoc/>
    public override void Before(StoreOperation operation, string name)
    {
    }

    /// <inheritdoc/>
    public override void After(StoreOperation operation, string name, string line)
    {
    }

    /// <inheritdoc/>
    public override unsafe MappedRegion Wrap(MappedRegion region, string name)
        => new(NativeCalls.StartOf(region), region.Capacity, new PoisoningRegion(ledger, region));

    /// <inheritdoc/>
    public override TableMemory ReserveTable(long capacityBytes) => GuardedTable.Reserve(capacityBytes, ledger);

    // The inner region is never released: it would unmap, and the addresses could come back as something else.
    private sealed unsafe class PoisoningRegion(PoisonLedger ledger, MappedRegion inner) : IRegionBacking
    {
        public bool TryPopulate(byte* start, long offset, long length) => inner.TryPopulate(offset, length);

        public void Release(byte* start, long capacity) => ledger.Poison(start, capacity, capacity);
    }
}
