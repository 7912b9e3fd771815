using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Segments;

/// <summary>
/// One segment as readers see it: a mapping that never moves and an end that only grows.
/// </summary>
/// <remarks>
/// Counters obey <c>DurableEnd &lt;= CommittedEnd &lt;= file length &lt;= capacity</c>. The file is opened and mapped
/// at the first touch, so
/// opening a store costs nothing per segment.
/// </remarks>
internal sealed class Segment
{
    /// <summary>Pages are populated, and remembered as resident, in chunks of this many bytes.</summary>
    public const int ChunkBytes = 1 << RegionTable.ChunkShift;

    private const int ChunkShift = RegionTable.ChunkShift;

    private readonly IStoreDirectory _directory;
    private readonly StoreIdentity _store;
    private readonly ResidencyClock _clock;
    private readonly Lock _openLock = new();

    // Set once, by the opener, after _file and _stamps: an acquire load of it publishes those too.
    private MappedRegion? _region;
    private IStoreFile? _file;
    private byte[] _stamps = [];
    private long _committedEnd;
    private long _liveBytes;
    private long _durableEnd;
    private bool _isDurableEndHeld;

    public Segment(IStoreDirectory directory, StoreIdentity store, ResidencyClock clock, int id)
    {
        _directory = directory;
        _store = store;
        _clock = clock;
        Id = id;
        Name = StoreFileNames.Segment(id);
    }

    /// <summary>A segment that is being written and that nobody knows yet: it gets its number when it is
    /// complete.</summary>
    public static Segment Unnumbered(
        IStoreDirectory directory, StoreIdentity store, ResidencyClock clock, string temporaryName) =>
        new(directory, store, clock, 0) { Name = temporaryName };

    /// <summary>The segment's number.</summary>
    public int Id { get; private set; }

    /// <summary>Its file's name in the store.</summary>
    public string Name { get; private set; }

    /// <summary>Whether nothing is appended any more.</summary>
    public bool IsSealed { get; set; }

    /// <summary>Offset of the last directory block, 0 if there is none. Changed under the write lock.</summary>
    public long DirectoryOffset { get; set; }

    /// <summary>Offset up to which the file is known to be synced. Changed under the write lock.</summary>
    public long DurableEnd
    {
        get => _durableEnd;
        set => _durableEnd = _isDurableEndHeld ? _durableEnd : value;
    }

    /// <summary>Offset up to which records could not be lost in a power cut when the store was opened; what lies
    /// beyond, and was not
    /// written by this process, is checked in full before it replaces anything.</summary>
    public long TrustedEnd { get; set; } = long.MaxValue;

    /// <summary>Bytes of live records; exact whenever the store's accounting is.</summary>
    public long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Offset behind the last record. Stored with release by the appender after the bytes are
    /// written.</summary>
    public long CommittedEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _committedEnd);
        set => Volatile.Write(ref _committedEnd, value);
    }

    /// <summary>Whether the system refused to open or read the file, when it was to be opened
    /// last, so that it may be readable another time.</summary>
    public bool IsOpenBlocked { get; private set; }

    /// <summary>The boot in which it was begun; known once it is open, and never if its header is
    /// damaged.</summary>
    public Guid BornIn { get; private set; }

    /// <summary>Set where the header is known to have been durable once, so that a damaged one is damage and not a
    /// write that a power cut tore: then a sealed segment is served without it, and this is told why.</summary>
    public Action<Segment, string>? WhenHeaderIsDamaged { get; init; }

    /// <summary>What is wrong with the header of a segment that is served without it; known once it is open.</summary>
    public string? HeaderProblem { get; private set; }

    /// <summary>No record, footer or trailer reaches beyond this offset. Of a segment that is open.</summary>
    public long CapacityBytes => _region!.Capacity;

    /// <summary>The open file; null until the first touch.</summary>
    public IStoreFile? File => _file;

    /// <summary>Adds to, or with a negative number takes from, the live bytes.</summary>
    public void AddLive(long bytes) => Interlocked.Add(ref _liveBytes, bytes);

    /// <summary>Sets the live bytes after a recount.</summary>
    public void SetLive(long bytes) => Interlocked.Exchange(ref _liveBytes, bytes);

    /// <summary>Keeps the durable end where it is: what lies beyond is synced in time, but a power cut had it before,
    /// and it is not to be trusted
    /// by a later open either.</summary>
    public void HoldDurableEnd() => _isDurableEndHeld = true;

    /// <summary>Gives a segment that nobody knows yet its number, and the name that its file will have.</summary>
    public void TakeNumber(int id)
    {
        Id = id;
        Name = StoreFileNames.Segment(id);
    }

    /// <summary>Takes over a file that the appender has just created or reopened.</summary>
    public void Attach(IStoreFile file, long capacity)
    {
        lock (_openLock)
        {
            MapLocked(file, capacity);
        }
    }

    /// <summary>Opens and maps the file unless that is done; false, with the reason, if it is absent or not this
    /// segment.</summary>
    public bool TryOpen(out string problem)
    {
        problem = "";
        if (Volatile.Read(ref _region) is not null)
        {
            return true;
        }

        lock (_openLock)
        {
            if (_region is not null)
            {
                return true;
            }

            if (!TryOpenLocked(out problem))
            {
                return false;
            }
        }

        if (HeaderProblem is { } damage)
        {
            WhenHeaderIsDamaged!(this, damage);
        }

        return true;
    }

    /// <summary>The bytes of a range before the committed end, resident; false if it is not inside or cannot be
    /// read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(long offset, long length, out ReadOnlySpan<byte> bytes)
    {
        MappedRegion? region = Volatile.Read(ref _region);
        if (region is not null && (ulong)offset <= (ulong)CommittedEnd
            && (ulong)length <= (ulong)(CommittedEnd - offset)
            && IsResident(offset, length))
        {
            bytes = region.Span(offset, (int)length);
            return true;
        }

        return TryReadSlow(offset, length, out bytes);
    }

    /// <summary>Whether a range that <see cref="TryRead"/> did not give may be had another time: it is there, and the
    /// system refused it. Else it lies outside, or the file is gone, cut, or not this segment.</summary>
    public bool MayBeReadLater(long offset, long length)
    {
        if (!TryOpen(out _))
        {
            return IsOpenBlocked;
        }

        try
        {
            long end = Math.Min(CommittedEnd, Math.Min(_file!.Stat().Length, CapacityBytes));
            return offset >= 0 && length >= 0 && offset <= end && length <= end - offset;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Lets the hit read this segment through a table, if it is mapped.</summary>
    public void PublishTo(RegionTable table)
    {
        if (Volatile.Read(ref _region) is { } region)
        {
            table.Set(Id, region, _stamps);
        }
    }

    /// <summary>Where bytes that were read of this segment stand in it.</summary>
    public long OffsetOf(ReadOnlySpan<byte> bytes) => Volatile.Read(ref _region)!.OffsetOf(bytes);

    /// <summary>Asks the processor to fetch the first lines of a record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long offset)
    {
        if (_region is { } region)
        {
            region.Prefetch(offset);
            region.Prefetch(offset + 64);
        }
    }

    /// <summary>Takes a reference on the mapping, for an owner that outlives the epoch section.</summary>
    public MappedRegion? TryPin() =>
        Volatile.Read(ref _region) is { } region && region.TryAddReference() ? region : null;

    /// <summary>Gives up the mapping and the file. After the epoch has drained.</summary>
    public void Close()
    {
        lock (_openLock)
        {
            _region?.Release();
            _file?.Dispose();
            Volatile.Write(ref _region, null);
            _file = null;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsResident(long offset, long length)
    {
        byte[] stamps = _stamps;
        byte current = _clock.Current;
        int first = (int)(offset >> ChunkShift);
        int last = (int)((offset + Math.Max(length, 1) - 1) >> ChunkShift);
        for (int i = first; i <= last; i++)
        {
            if ((uint)i >= (uint)stamps.Length || stamps[i] != current)
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadSlow(long offset, long length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        long end = CommittedEnd;
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > end || length > end - offset
            || !TryOpen(out _))
        {
            return false;
        }

        MappedRegion region = _region!;
        if (offset + length > region.Capacity || !TryPopulate(region, offset, length))
        {
            return false;
        }

        bytes = region.Span(offset, (int)length);
        return true;
    }

    /// <summary>Populates whole chunks and stamps those that the file covers to their end; the last one may still grow,
    /// unless the segment is sealed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryPopulate(MappedRegion region, long offset, long length)
    {
        byte current = _clock.Current;
        long from = offset & ~(ChunkBytes - 1L);
        long wanted = offset + Math.Max(length, 1);
        long fileLength = Math.Min(_file!.Stat().Length, region.Capacity);
        long to = Math.Min((wanted + ChunkBytes - 1) & ~(ChunkBytes - 1L), fileLength);
        if (to < offset + length || (to > from && !region.TryPopulate(from, to - from)))
        {
            return false;
        }

        for (long chunk = from >> ChunkShift; (chunk << ChunkShift) < to; chunk++)
        {
            if ((chunk + 1) << ChunkShift <= to || to == region.Capacity || (IsSealed && to == fileLength))
            {
                _stamps[chunk] = current;
            }
        }

        return true;
    }

    private bool TryOpenLocked(out string problem)
    {
        IStoreFile? file = null;
        SegmentFront? front;
        IsOpenBlocked = false;
        try
        {
            file = _directory.TryOpen(Name, writable: false);
            if (file is null)
            {
                problem = "absent";
                return false;
            }

            front = SegmentFront.TryRead(file, _store.StoreId, Id, WhenHeaderIsDamaged is not null, out problem);
        }
        catch (IOException e)
        {
            // Out of descriptors, no permission, unreadable: what it holds is a miss until it can be opened.
            file?.Dispose();
            problem = e.Message;
            IsOpenBlocked = true;
            return false;
        }

        if (front is null)
        {
            file.Dispose();
            return false;
        }

        BornIn = front.BornIn;
        HeaderProblem = front.HeaderProblem;
        MapLocked(file, front.CapacityBytes);
        return true;
    }

    private void MapLocked(IStoreFile file, long capacity)
    {
        MappedRegion region = file.Map(capacity);
        _file = file;
        _stamps = RegionTable.MakeStamps(capacity);
        Volatile.Write(ref _region, region);
    }
}
