using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>
/// The bytes of one file of a <see cref="MemoryDirectory"/>: memory at full capacity from the first touch on, so that
/// growing never moves it and every region made of it shows later writes. Until then they are an array that copies of
/// the disk share.
/// </summary>
/// <remarks>Guarded by the directory's lock. Regions are mappings of their own and outlive this; those of a quick disk
/// are the memory itself, which is kept until the last one is gone.</remarks>
internal sealed unsafe class MemoryContent(bool isQuick, byte[]? initial) : IDisposable
{
    /// <summary>The largest file and the largest region of a disk that is not quick.</summary>
    public const long CapacityBytes = 1L << 30;

    private readonly List<MemoryRegion> _regions = [];

    // What the bytes were when they were last asked for as an array; null since they changed.
    private byte[]? _snapshot = initial;
    private byte* _start;
    private long _used;
    private bool _isFree;

    /// <summary>Gives back what nobody freed.</summary>
    ~MemoryContent() => Unmap();

    private long Capacity => isQuick ? MemorySlabs.FileBytes : CapacityBytes;

    /// <summary>Frees the memory, until it is written to again. Regions stay valid.</summary>
    public void Dispose()
    {
        _isFree = true;
        _snapshot = null;
        if (!isQuick || _regions.Count == 0)
        {
            Unmap();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Bytes to read; untouched ones are zero.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        // Reading does not make a copy of what copies share.
        return _start == null && _snapshot is { } shared && offset >= 0 && offset + length <= shared.Length
            ? shared.AsSpan((int)offset, length)
            : SpanOf(offset, length);
    }

    /// <summary>Bytes to write.</summary>
    public Span<byte> Writable(long offset, int length)
    {
        Span<byte> bytes = SpanOf(offset, length);
        _snapshot = null;
        return bytes;
    }

    /// <summary>The first bytes as an array that is never written to: the same one until the next change.</summary>
    public byte[] Snapshot(int count)
    {
        if (_snapshot is not { } known || known.Length != count)
        {
            _snapshot = known = SpanOf(0, count).ToArray();
        }

        return known;
    }

    /// <summary>The address of an aligned word of the first page.</summary>
    public ulong* Word(int index)
    {
        _used = Math.Max(_used, SharedPage.Bytes);
        return (ulong*)Start() + index;
    }

    /// <summary>Has memory of its own from now on, and not an array that others share.</summary>
    public void Materialise() => Word(0);

    /// <summary>Notes that a word was stored.</summary>
    public void NoteChange() => _snapshot = null;

    /// <summary>Maps a region of which only whole pages up to the file's length can be touched.</summary>
    public MappedRegion Map(MemoryFile file, long capacity, long length, PoisonLedger? ledger)
    {
        if (capacity > Capacity)
        {
            throw new NotSupportedException($"Regions of this disk have at most {Capacity} bytes.");
        }

        byte* start = null;
        if (isQuick)
        {
            start = Start();
        }
        else if (capacity > 0)
        {
            start = NativeCalls.MapAgain(Start(), capacity);
            NativeCalls.Protect(start, NativeCalls.WholePages(capacity), LinuxConstants.ProtectNone);
        }

        MemoryRegion region = new(file, start, capacity, isQuick, ledger);
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
    public void Forget(MemoryRegion region)
    {
        _regions.Remove(region);
        if (_isFree && isQuick)
        {
            Dispose();
        }
    }

    private Span<byte> SpanOf(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset + length > Capacity)
        {
            throw new IOException("The file would be larger than a file in memory can be.", 27); // EFBIG
        }

        _used = Math.Max(_used, offset + length);
        return new Span<byte>(Start() + offset, length);
    }

    private byte* Start()
    {
        if (_start == null)
        {
            if (_isFree)
            {
                _isFree = false;
                GC.ReRegisterForFinalize(this);
            }

            _start = isQuick
                ? MemorySlabs.Take(MemorySlabs.FileBytes)
                : NativeCalls.MapFresh(CapacityBytes, LinuxConstants.ProtectReadWrite, isShared: true);
            _snapshot?.CopyTo(new Span<byte>(_start, _snapshot.Length));
            _used = Math.Max(_used, _snapshot?.Length ?? 0);
        }

        return _start;
    }

    private void Unmap()
    {
        byte* start = _start;
        _start = null;
        if (start != null && isQuick)
        {
            MemorySlabs.Give(start, MemorySlabs.FileBytes, _used);
        }
        else if (start != null)
        {
            NativeCalls.Unmap(start, CapacityBytes);
        }

        _used = 0;
    }
}
