using System.Runtime.CompilerServices;

namespace PackStore.Storage;

/// <summary>
/// A read-only range of mapped memory, counted. It never moves; it is unmapped when the last reference goes.
/// </summary>
/// <remarks>
/// Who may touch it: a holder of a reference, or a thread inside an <c>EpochGate</c> section that saw the region
/// published. The
/// engine drops its own reference only after the epoch has drained, so a reader in a section never sees it unmapped.
/// Sealed, so that the hit path pays no virtual call; a test double supplies another <see cref="IRegionBacking"/>.
/// </remarks>
internal sealed unsafe class MappedRegion
{
    private readonly byte* _start;
    private readonly IRegionBacking _backing;
    private int _references = 1;

    /// <summary>Wraps memory that the backing owns.</summary>
    public MappedRegion(byte* start, long capacity, IRegionBacking backing)
    {
        _start = start;
        Capacity = capacity;
        _backing = backing;
    }

    /// <summary>The address of the first byte, for <see cref="RegionTable"/>.</summary>
    public byte* Start => _start;

    /// <summary>Length of the mapping in bytes; the file behind it may be shorter.</summary>
    public long Capacity { get; }

    /// <summary>The bytes of a range that the caller knows to be inside the file and resident.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        if ((ulong)offset > (ulong)Capacity || (ulong)(uint)length > (ulong)(Capacity - offset) || length < 0)
        {
            ThrowRange();
        }

        return new ReadOnlySpan<byte>(_start + offset, length);
    }

    /// <summary>Asks the processor to fetch the line at an offset. A hint; out of range does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long offset)
    {
        if ((ulong)offset < (ulong)Capacity && System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(_start + offset);
        }
    }

    /// <summary>Where bytes of this region stand in it.</summary>
    public long OffsetOf(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return first - _start;
        }
    }

    /// <summary>Makes the pages of a range resident without a fault in managed code. <see langword="false"/> if they
    /// cannot be
    /// read (beyond the end of the file, I/O error): they must then not be touched.</summary>
    public bool TryPopulate(long offset, long length) => _backing.TryPopulate(_start + offset, offset, length);

    /// <summary>Takes a reference; <see langword="false"/> if the last one is gone already.</summary>
    public bool TryAddReference()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int was = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one unmaps.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _backing.Release(_start, Capacity);
        }
    }

    private static void ThrowRange() =>
        throw new ArgumentOutOfRangeException(nameof(Span), "The range is outside the mapped region.");
}

/// <summary>What stands behind a <see cref="MappedRegion"/>.</summary>
internal unsafe interface IRegionBacking
{
    /// <summary>See <see cref="MappedRegion.TryPopulate"/>.</summary>
    bool TryPopulate(byte* start, long offset, long length);

    /// <summary>Unmaps, or makes inaccessible.</summary>
    void Release(byte* start, long capacity);
}
