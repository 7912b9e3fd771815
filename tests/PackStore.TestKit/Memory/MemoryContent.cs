using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>
/// The bytes of one file of a <see cref="MemoryDirectory"/>: shared anonymous memory at full capacity from the start,
/// so that growing
/// never moves it and every region made of it shows later writes.
/// </summary>
/// <remarks>Guarded by the directory's lock. Regions are mappings of their own and outlive this.</remarks>
internal sealed unsafe class MemoryContent
{
    /// <summary>The largest file and the largest region.</summary>
    public const long CapacityBytes = 1L << 30;

    private readonly List<MemoryRegion> _regions = [];
    private byte* _start;

    /// <summary>Unmaps what nobody freed.</summary>
    ~MemoryContent() => Unmap();

    /// <summary>Frees the memory. Regions stay valid.</summary>
    public void Free() => Unmap();

    /// <summary>Bytes to read or write; untouched ones are zero.</summary>
    public Span<byte> Bytes(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset + length > CapacityBytes)
        {
            throw new IOException("The file would be larger than a file in memory can be.", 27); // EFBIG
        }

        return new Span<byte>(Start() + offset, length);
    }

    /// <summary>The address of an aligned word.</summary>
    public ulong* Word(int index) => (ulong*)Start() + index;

    /// <summary>Maps a region of which only whole pages up to the file's length can be touched.</summary>
    public MappedRegion Map(MemoryFile file, long capacity, long length, PoisonLedger? ledger)
    {
        if (capacity > CapacityBytes)
        {
            throw new NotSupportedException($"Regions in memory have at most {CapacityBytes} bytes.");
        }

        byte* start = null;
        if (capacity > 0)
        {
            start = NativeCalls.MapAgain(Start(), capacity);
            NativeCalls.Protect(start, NativeCalls.WholePages(capacity), LinuxConstants.ProtectNone);
        }

        MemoryRegion region = new(file, start, capacity, ledger);
        region.Uncover(length);
        _regions.Add(region);
        return new MappedRegion(start, capacity, region);
    }

    /// <summary>Lets regions follow the file's new length.</summary>
    public void Uncover(long length)
    {
        foreach (MemoryRegion region in _regions)
        {
            region.Uncover(length);
        }
    }

    /// <summary>Forgets a region that is being released.</summary>
    public void Forget(MemoryRegion region) => _regions.Remove(region);

    private byte* Start()
    {
        if (_start == null)
        {
            _start = NativeCalls.MapFresh(CapacityBytes, LinuxConstants.ProtectReadWrite, isShared: true);
        }

        return _start;
    }

    private void Unmap()
    {
        byte* start = _start;
        _start = null;
        if (start != null)
        {
            NativeCalls.Unmap(start, CapacityBytes);
        }
    }
}
