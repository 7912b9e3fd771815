using System.Runtime.InteropServices;

namespace PackStore.Storage.Portable;

/// <summary>Tables in zeroed native memory, which the usual systems hand out page by page when it is first
/// touched.</summary>
internal sealed unsafe class PortableTableBacking : ITableBacking
{
    private const nuint Alignment = 64 * 1024;

    private static readonly PortableTableBacking s_instance = new();

    private PortableTableBacking()
    {
    }

    /// <summary>Allocates all of it; commits clear what they hand out.</summary>
    public static TableMemory Reserve(long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        byte* start = (byte*)NativeMemory.AlignedAlloc((nuint)capacityBytes, Alignment);
        return new TableMemory(start, capacityBytes, s_instance);
    }

    /// <inheritdoc/>
    public long Commit(byte* start, long committed, long wanted, long capacity)
    {
        NativeMemory.Clear(start + committed, (nuint)(wanted - committed));
        return wanted;
    }

    /// <inheritdoc/>
    public void Release(byte* start, long capacity) => NativeMemory.AlignedFree(start);
}
