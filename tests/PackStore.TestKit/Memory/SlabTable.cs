using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>Table memory of a quick disk, without guards: see <see cref="MemorySlabs"/>.</summary>
internal sealed unsafe class SlabTable : ITableBacking
{
    private long _committed;

    /// <summary>Takes memory.</summary>
    public static TableMemory Take(long capacityBytes) =>
        new(MemorySlabs.Take(capacityBytes), capacityBytes, new SlabTable());

    /// <inheritdoc/>
    public long Commit(byte* start, long committed, long wanted, long capacity) => _committed = wanted;

    /// <inheritdoc/>
    public void Release(byte* start, long capacity) => MemorySlabs.Give(start, capacity, _committed);
}
