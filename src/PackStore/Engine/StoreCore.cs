using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Index;
using PackStore.Loose;
using PackStore.Proof;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>
/// What all parts of one open store share: its directory, identity, options, the published state, the write lock.
/// </summary>
internal sealed class StoreCore : IHashSource
{
    private readonly Lock _writeLock = new();
    private StoreState _state;
    private int _hour;
    private int _detours;

    public StoreCore(IStoreDirectory directory, StoreIdentity identity, PackStoreOptions options, bool readOnly)
    {
        Directory = directory;
        Identity = identity;
        Hash = new KeyHash(identity.HashSeed);
        Options = options;
        IsReadOnly = readOnly;
        Loose = new LooseTier(
            directory, options.Checksums != ChecksumPolicy.Never, options.Durability != Durability.None);
        Metrics = new StoreMetrics(options.MeterFactory);
        Metrics.Watch(Accounting);
        Residency = new ResidencyClock();
        StoreLog log = new(options.LoggerFactory);
        StoreMetrics metrics = Metrics;
        Log = log;
        NoteDamagedHeader = (segment, problem) =>
        {
            log.HeaderDamaged(segment.Name, problem);
            metrics.HeaderDamaged();
        };
        _state = new StoreState(this, null!, SegmentMap.Empty, null);
        RefreshHour();
        if (options.Checksums == ChecksumPolicy.Always)
        {
            AddDetour();
        }
    }

    // Beside another: what belongs to the state is its own, the rest is shared.
    private StoreCore(StoreCore other)
    {
        Directory = other.Directory;
        Identity = other.Identity;
        Hash = other.Hash;
        HashMask = other.HashMask;
        Options = other.Options;
        IsReadOnly = other.IsReadOnly;
        Loose = other.Loose;
        Metrics = other.Metrics;
        Log = other.Log;
        Residency = other.Residency;
        NoteDamagedHeader = other.NoteDamagedHeader;
        _state = new StoreState(this, null!, SegmentMap.Empty, null);
        RefreshHour();
    }

    public KeyHash Hash { get; }

    public IStoreDirectory Directory { get; }

    public StoreIdentity Identity { get; }

    public PackStoreOptions Options { get; }

    public bool IsReadOnly { get; }

    public LooseTier Loose { get; }

    public StoreMetrics Metrics { get; }

    public StoreLog Log { get; }

    public ResidencyClock Residency { get; }

    /// <summary>Tells of a segment that is served although its header is damaged.</summary>
    public Action<Segment, string> NoteDamagedHeader { get; }

    public LiveAccounting Accounting { get; } = new();

    /// <summary>Set for good when the index came to lack something because it could not be read: see <see
    /// cref="Writing.WriterState.HasUnreadable"/>.</summary>
    public bool HasUnreadable { get; private set; }

    /// <summary>Guards everything that changes the store: the appender, the index's structure, the segment map, the
    /// sequence. Held for
    /// one gathered write at the longest.</summary>
    /// <remarks>To be named in <c>lock</c> statements only: a schedule waits here for whoever holds it.</remarks>
    public Lock WriteLock
    {
        get
        {
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.WriteLockNotTaken))
            {
                return new Lock();
            }
#endif
            SchedulePoint.BeforeLock(_writeLock, "write lock");
            return _writeLock;
        }
    }

    /// <summary>What readers see. Swapped under the write lock.</summary>
    public StoreState State
    {
        get => Volatile.Read(ref _state);
        set
        {
            // Counted from before until after there is something to recover, so that no reader overlooks it.
            bool had = _state.Recovery is not null;
            if (value.Recovery is not null)
            {
                AddDetour();
            }

            SchedulePoint.Reach("state.detoured");
            Volatile.Write(ref _state, value);
            SchedulePoint.Reach("state.swapped");
            if (had)
            {
                RemoveDetour();
            }
        }
    }

    /// <summary>Whether the index alone answers every lookup: nothing to recover, nothing pending, no writer to follow,
    /// not closed, and no checksums to be checked each time. One load on the hit path for all of that.</summary>
    public bool IsSteady
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _detours) == 0;
    }

    /// <summary>Hours since the store was created, as of the last tick: reading a clock on each hit would cost more
    /// than the lookup.</summary>
    public int Hour => Volatile.Read(ref _hour);

    /// <summary>Bits of a key's hash that are used; fewer than 64 only in tests, to force collisions.</summary>
    public ulong HashMask { get; init; } = ulong.MaxValue;

    /// <summary>Numbers of segments that should be there, or longer, and are not: what leads into them is kept, for
    /// they may come back. What leads into any other segment that is not there is left over from before it was
    /// compacted.</summary>
    public IReadOnlySet<int> AbsentSegments { get; set; } = new HashSet<int>();

    /// <summary>Notes that the index lacks something that could not be read: neither it nor the counts are to be
    /// saved.</summary>
    public void NoteUnreadable()
    {
        HasUnreadable = true;
        Accounting.IsExact = false;
    }

    /// <summary>Sends lookups the long way round until <see cref="RemoveDetour"/>. Called before its reason can be
    /// seen.</summary>
    public void AddDetour() => Interlocked.Increment(ref _detours);

    /// <summary>Ends one detour. Called after its reason is gone.</summary>
    public void RemoveDetour() => Interlocked.Decrement(ref _detours);

    /// <summary>Gives back what a failed open had taken; nobody can be reading yet. The directory is the
    /// opener's.</summary>
    public void Abandon()
    {
        ReleaseState();
        Loose.Close();
        Metrics.Dispose();
    }

    /// <summary>Removes a loose file that nothing names any more, for who has a claim on it. Says whether it was there
    /// and is gone; one that cannot be removed is for a later sweep.</summary>
    public bool TryDropLoose(string name)
    {
        try
        {
            return Loose.Delete(name);
        }
        catch (IOException e)
        {
            Log.HintFailed(name, e);
            return false;
        }
    }

    /// <summary>Gives back the segments and the index. Nobody can be reading any more.</summary>
    public void ReleaseState() => Release(State);

    /// <summary>Gives back the segments and the index of a state. Nobody can be reading any more.</summary>
    public static void Release(StoreState state)
    {
        foreach (Segment segment in state.Segments.All)
        {
            segment.Close();
        }

        state.Table?.Release();
    }

    /// <summary>A core of the same store with a state of its own, to load another one into. What it loads is to be
    /// taken over, or given back by <see cref="ReleaseState"/>.</summary>
    public StoreCore Beside() => new(this);

    /// <summary>Takes over what another core has loaded. Under the write lock.</summary>
    /// <returns>What readers may still see of the state before; to be given back when the epoch has drained.</returns>
    public StoreState TakeOver(StoreCore beside)
    {
        StoreState before = State;
        AbsentSegments = beside.AbsentSegments;
        State = beside.State with { Core = this };
        return before;
    }

    /// <summary>Reads the clock.</summary>
    public void RefreshHour() => Volatile.Write(ref _hour, HourOf(Options.TimeProvider.GetUtcNow()));

    /// <summary>The hour of a time, 0 to 65,535.</summary>
    public int HourOf(DateTimeOffset time) => Identity.HourOf(time);

    /// <summary>The start of an hour.</summary>
    public DateTimeOffset TimeOf(int hour) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Identity.FirstHourUnixMs + (hour * 3_600_000L));

    /// <summary>The hash of a key in this store.</summary>
    public ulong HashOf(scoped in ArtifactKey key) => Hash.Of(key) & HashMask;

    /// <inheritdoc/>
    public bool TryReadHash(ulong word, out ulong hash)
    {
        hash = 0;
        if (!State.Segments.TryGet(IndexWord.SegmentId(word), out Segment? segment)
            || !TryReadKey(segment, IndexWord.Offset(word), out ArtifactKey key, out _))
        {
            // A split drops what it cannot place.
            if (segment is not null && MayBeReadLater(segment, IndexWord.Offset(word)))
            {
                NoteUnreadable();
            }

            return false;
        }

        hash = HashOf(key);
        return true;
    }

    /// <summary>Reads key and header of an artifact or tombstone whose header is sound.</summary>
    public static bool TryReadKey(Segment segment, long offset, out ArtifactKey key, out RecordHeader header)
    {
        key = default;
        if (!RecordReader.TryReadHeader(segment, offset, out header, out string? problem))
        {
            // A key that is taken for absent would be indexed twice, so this does not give up where a page fault would
            // have.
            return problem == RecordReader.Unreadable && TryReadKeyFromFile(segment, offset, out key, out header);
        }

        if (header.KeyLength == 0)
        {
            return false;
        }

        int front = RecordBody.DescriptorsOffset(header.KeyLength);
        if (!segment.TryRead(offset, Math.Min(front, header.RecordLength), out ReadOnlySpan<byte> record))
        {
            return TryReadKeyFromFile(segment, offset, out key, out header);
        }

        key = RecordBody.ReadKey(record, header.KeyLength);
        return true;
    }

    /// <summary>Whether a key that could not be read may be read another time, or can be now: the system refused the
    /// file or the bytes, which says nothing about them.</summary>
    public static bool MayBeReadLater(Segment segment, long offset)
    {
        if (!segment.TryOpen(out _))
        {
            return segment.IsOpenBlocked;
        }

        return RecordReader.TryReadHeader(segment, offset, out RecordHeader header, out string? problem)
            ? header.KeyLength > 0
            : problem == RecordReader.Unreadable && offset <= segment.CommittedEnd - RecordHeaderLayout.Size;
    }

    private static bool TryReadKeyFromFile(Segment segment, long offset, out ArtifactKey key, out RecordHeader header)
    {
        key = default;
        header = default;
        try
        {
            byte[] front = new byte[RecordBody.DescriptorsOffset(ArtifactKey.MaxLength)];
            if (segment.File is not { } file || offset + RecordHeaderLayout.Size > segment.CommittedEnd
                || file.Read(offset, front) < RecordHeaderLayout.Size
                || !RecordHeader.TryRead(front, segment.CommittedEnd - offset, out header, out _)
                    || header.KeyLength == 0)
            {
                return false;
            }

            key = RecordBody.ReadKey(front, header.KeyLength);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
