using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>Table memory of a quick disk, without guards: see <see cref="MemorySlabs"/>.</summary>
internal sealed unsafe class SlabTable : ITableBacking
{
    /// <summary>The most bytes of a table: hundreds of thousands of artifacts. The address space that a real table
    /// reserves would run out, for tables wait for the slowest reader before they are given back.</summary>
    private const long MostBytes = 16 << 20;

    private long _committed;

    /// <summary>Takes memory.</summary>
    public static TableMemory Take(long capacityBytes)
    {
        long bytes = Math.Min(capacityBytes, MostBytes);
        return new(MemorySlabs.Take(bytes), bytes, new SlabTable());
    }

    /// <inheritdoc/>
    public long Commit(byte* start, long committed, long wanted, long capacity) => _committed = wanted;

    /// <inheritdoc/>
    public void Release(byte* start, long capacity) => MemorySlabs.Give(start, capacity, _committed);
}
