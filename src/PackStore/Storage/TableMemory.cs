using System.Runtime.CompilerServices;

namespace PackStore.Storage;

/// <summary>
/// Private writable memory for a table: reserved once at full capacity, committed from the front as the table grows, so
/// that it never moves under its readers.
/// </summary>
/// <remarks>Freed by <see cref="Release"/>; the owner calls it after the last reader has left (see
/// <c>EpochGate</c>).</remarks>
internal sealed unsafe class TableMemory
{
    private readonly ITableBacking _backing;
    private byte* _start;

    /// <summary>Wraps reserved memory that the backing owns.</summary>
    public TableMemory(byte* start, long capacityBytes, ITableBacking backing)
    {
        _start = start;
        CapacityBytes = capacityBytes;
        _backing = backing;
    }

    /// <summary>Bytes of address space reserved.</summary>
    public long CapacityBytes { get; }

    /// <summary>Bytes at the front that may be read and written.</summary>
    public long CommittedBytes { get; private set; }

    /// <summary>The address of the first byte, for <see cref="IStoreFile.MapIntoTable"/>.</summary>
    public byte* Start => _start;

    /// <summary>Makes at least the first <paramref name="bytes"/> usable; new bytes are zero. One thread at a
    /// time.</summary>
    public void Commit(long bytes)
    {
        if (bytes > CapacityBytes)
        {
            throw new InvalidOperationException($"The table needs {bytes} bytes; {CapacityBytes} are reserved.");
        }

        if (bytes > CommittedBytes)
        {
            CommittedBytes = _backing.Commit(_start, CommittedBytes, bytes, CapacityBytes);
        }
    }

    /// <summary>The first <paramref name="count"/> elements. The caller keeps to committed memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Elements<T>(int count)
        where T : unmanaged => new(_start, count);

    /// <summary>One element, which the caller knows to be in committed memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Element<T>(ulong index)
        where T : unmanaged
    {
        System.Diagnostics.Debug.Assert(
            (index + 1) * (ulong)sizeof(T) <= (ulong)CommittedBytes, "The caller checks bounds.");
        return ref ((T*)_start)[index];
    }

    /// <summary>Asks the processor to fetch the line at an offset. A hint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long offset)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(_start + offset);
        }
    }

    /// <summary>Frees the memory; it must not be touched again.</summary>
    public void Release()
    {
        byte* start = _start;
        _start = null;
        if (start != null)
        {
            _backing.Release(start, CapacityBytes);
        }
    }
}

/// <summary>What stands behind a <see cref="TableMemory"/>.</summary>
internal unsafe interface ITableBacking
{
    /// <summary>Makes the bytes from <paramref name="committed"/> to at least <paramref name="wanted"/> usable and
    /// returns how many are usable now.</summary>
    long Commit(byte* start, long committed, long wanted, long capacity);

    /// <summary>Frees all of it.</summary>
    void Release(byte* start, long capacity);
}
