using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>
/// Keeps a read-only process up to date: compares one word of HEAD with what it has applied, and walks the records
/// between.
/// </summary>
/// <remarks>
/// <para>A page that no writer has claimed in this boot says nothing, until one does.</para>
/// <para>Places are in order of publication, and so are sequence numbers, but for copies. So a record with a number
/// that is not above the greatest before it is a copy, and what lives of such numbers is in the index: a copy of
/// what the index does not have was made before a removal and published behind it, and stays out. That holds as long as
/// nothing before the copy was missed. A segment that goes while it is walked, or whose records the index leads to and
/// that cannot be read, leaves a doubt; if a copy meets it, everything is loaded anew.</para>
/// <para>Where what the writer has published cannot be read just now, the index may have older records than the newest:
/// everything is loaded anew then too, and until that succeeds all lookups miss.</para>
/// </remarks>
internal sealed class TailFollower : IDisposable
{
    // While blind, and with nothing new published, loading anew is tried no more often.
    private static readonly TimeSpan s_retryEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly StoreCore _core;
    private readonly HeadPage? _head;
    private RecordLocation _applied;
    private ulong _appliedWord;
    private ulong _generation;

    // How far segments behind it were loaded.
    private IReadOnlyDictionary<int, long> _ends = new Dictionary<int, long>();

    // The greatest sequence number before _applied.
    private ulong _sequence;

    // Whether records before _applied may have been missed, of which copies are still to come.
    private bool _hasMissed;

    // Whether records before _applied were not there to be read: nothing but loading anew ends that.
    private bool _hasHole;

    // Whether something was left out that loading anew may bring.
    private bool _isIncomplete;
    private bool _isBlind;
    private long _triedAt;
    private ulong _triedWord;

    /// <summary>Starts behind what was loaded.</summary>
    /// <param name="core">The store.</param>
    /// <param name="head">HEAD; null if it is absent.</param>
    /// <param name="start">What was loaded.</param>
    public TailFollower(StoreCore core, HeadPage? head, FollowStart start)
    {
        _core = core;
        _head = head;
        Begin(start);
    }

    /// <summary>What merges records of before in the background. While it does it keeps the tombstones too, so that
    /// copies are told by those, and nothing is loaded anew.</summary>
    public RecoveryJob? Recovery { get; set; }

    /// <summary>Whether something that was published could not be read, so that the index may lead to what is not the
    /// newest.</summary>
    public bool IsBlind => Volatile.Read(ref _isBlind);

    /// <summary>Brings the index up to what the writer has published: two loads in the common case.</summary>
    /// <returns>A number that changes with the set of segments, as it was before. A segment may vanish at any time, for
    /// what lives in it was copied elsewhere: whoever did not find something looks again if the number has
    /// changed.</returns>
    public ulong Follow()
    {
        if (_head is null)
        {
            return 0;
        }

        // Before the committed end: the writer moves them in the other order.
        ulong generation = _head.Generation;
        if (_head.CommittedWord != Volatile.Read(ref _appliedWord) || IsBlind)
        {
            SchedulePoint.Reach("follow.behind");
            FollowSlow(_head);
        }

        return generation;
    }

    /// <inheritdoc/>
    public void Dispose() => _head?.Dispose();

    private void Begin(FollowStart start)
    {
        _applied = start.Applied;
        _ends = start.Ends;
        _sequence = start.Sequence;
        _generation = start.Generation;
        _isIncomplete = false;
        _hasHole = false;
        // A segment may have gone while its records were to be loaded. Its copies were published before, so where
        // nothing was published meanwhile there was none.
        _hasMissed = _head is not null && _head.CommittedWord != start.Word;
        Volatile.Write(ref _appliedWord, start.Word);
        Volatile.Write(ref _isBlind, false);
    }

    private void FollowSlow(HeadPage page)
    {
        SchedulePoint.BeforeLock(_lock, "follow lock");
        lock (_lock)
        {
            if (!IsBlind)
            {
                TryFollow(page);
            }

            if (IsBlind && IsRetryDue(page))
            {
                TryLoadAnew(page);
            }
        }
    }

    private void TryFollow(HeadPage page)
    {
        try
        {
            FollowLocked(page);
        }
        catch (IOException e)
        {
            _core.Log.HintFailed("The index", e);
            Volatile.Write(ref _isBlind, true);
            _triedWord = 0;
        }
    }

    private bool IsRetryDue(HeadPage page)
    {
        TimeProvider clock = _core.Options.TimeProvider;
        ulong word = page.CommittedWord;
        if (word == _triedWord && clock.GetElapsedTime(_triedAt) < s_retryEvery)
        {
            return false;
        }

        _triedWord = word;
        _triedAt = clock.GetTimestamp();
        return true;
    }

    private void FollowLocked(HeadPage page)
    {
        ulong word = page.CommittedWord;
        ulong applied = _appliedWord;
        List<Segment> gone = [];
        SchedulePoint.Reach("follow.word");
        while (word != applied && page.IsCurrent(_core.Identity.StoreId, _core.Directory.BootId))
        {
            bool hasVanished = false;
            if (HeadWords.Unpack(word) is { SegmentId: not 0 } target && target.CompareTo(_applied) >= 0)
            {
                hasVanished = Walk(_applied, target);
                SchedulePoint.Reach("follow.walked");
                _applied = target;
            }

            SchedulePoint.Reach("follow.walked");
            hasVanished |= NoteVanished(page, gone);
            applied = word;
            // The copies of what has vanished were published before it did.
            word = hasVanished ? page.CommittedWord : word;
            _hasMissed &= word != applied;
        }

        if (!_isIncomplete || !TryLoadAnew(page))
        {
            Drop(gone);
            // Last: whoever sees it looks nothing up in an index that lacks something.
            Volatile.Write(ref _appliedWord, applied);
        }
    }

    /// <summary>Applies the records between two places. Says whether a segment between them is gone.</summary>
    private bool Walk(RecordLocation from, RecordLocation to)
    {
        bool hasVanished = false;
        for (int id = Math.Max(from.SegmentId, 1); id <= to.SegmentId; id++)
        {
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.FollowerStaysBehind))
            {
                id = to.SegmentId;
            }
#endif
            long start = id == from.SegmentId ? from.Offset : SegmentHeaderLayout.Size;
            if (!TryApply(id, start, id == to.SegmentId ? to.Offset : null))
            {
                hasVanished = true;
                _hasMissed = true;
            }
        }

        return hasVanished;
    }

    /// <summary>Applies a segment's records from an offset on; to its end where that is not given, for it is sealed
    /// then. False if it is not there: a number that was never used, or a segment gone since.</summary>
    private bool TryApply(int id, long from, long? end)
    {
        if (!_core.State.Segments.TryGet(id, out Segment? segment))
        {
            segment = new Segment(_core.Directory, _core.Identity, _core.Residency, id);
            if (!segment.TryOpen(out string problem))
            {
                _core.Log.Ignored(segment.Name, problem);
                ThrowIfBlocked(segment);
                return false;
            }

            lock (_core.WriteLock)
            {
                _core.State = _core.State with { Segments = _core.State.Segments.With(segment) };
            }
        }
        else if (!segment.TryOpen(out _))
        {
            ThrowIfBlocked(segment);
            return false;
        }

        segment.CommittedEnd = Math.Max(segment.CommittedEnd, end ?? SealedEnd(segment));
        lock (_core.WriteLock)
        {
            IndexMerger? job = Recovery?.Merger;
            IndexMerger merger = job ?? new IndexMerger(_core);
            SegmentScanner scanner = new(segment, from, segment.CommittedEnd);
            while (scanner.MoveNext(resynchronise: true))
            {
                if (RecoveryRun.TryDescribe(_core, segment, scanner.Offset, scanner.Header, out DirectoryEntry entry))
                {
                    SchedulePoint.Reach("follow.record");
                    Apply(merger, segment, entry, isComplete: job is null);
                }
                else if (scanner.Header.Kind is RecordKind.Artifact or RecordKind.Tombstone)
                {
                    RecordReader.ThrowIfKeyRefused(segment, scanner.Offset);
                    _hasHole = true;
                }
            }

            _hasHole |= scanner.WasUnreadable;
            SchedulePoint.Reach("follow.merged");
            if (job is null)
            {
                merger.PurgeTombstones();
            }
        }

        return true;
    }

    private static void ThrowIfBlocked(Segment segment)
    {
        if (segment.IsOpenBlocked)
        {
            throw new UnreadableException($"{segment.Name} cannot be opened just now.") { File = segment.Name };
        }
    }

    /// <summary>Applies one record.</summary>
    /// <param name="merger">What brings it in.</param>
    /// <param name="segment">Where it is.</param>
    /// <param name="entry">What it is.</param>
    /// <param name="isComplete">Whether the index has all that lives of before.</param>
    private void Apply(IndexMerger merger, Segment segment, in DirectoryEntry entry, bool isComplete)
    {
        bool isCopy = isComplete && entry.Sequence <= _sequence;
#if PACKSTORE_PROOF
        isCopy &= !PlantedBugs.Has(PlantedBug.FollowerTakesDeadCopies);
#endif
        MergeOutcome outcome = merger.Merge(segment, entry, (ushort)_core.Hour, isCopy);
        // What was loaded, and is not there any more, was removed behind it.
        bool isInDoubt = (_hasMissed || _hasHole) && entry.Offset >= _ends.GetValueOrDefault(segment.Id);
        _isIncomplete |= outcome == MergeOutcome.Unclear
            || (outcome == MergeOutcome.Unknown && entry.Kind == RecordKind.Artifact && isInDoubt);
        _sequence = Math.Max(_sequence, entry.Sequence);
    }

    /// <summary>Notes which segments have gone: what the index still leads to in them was removed or copied. Says
    /// whether there are any more.</summary>
    /// <remarks>They are dropped only when their copies are known: the keys of those are looked for in them.</remarks>
    private bool NoteVanished(HeadPage page, List<Segment> gone)
    {
        ulong generation = page.Generation;
        if (generation == _generation)
        {
            return false;
        }

        HashSet<int> there = [];
        foreach (StoreEntry entry in _core.Directory.List(StoreFileNames.Segments))
        {
            if (StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                there.Add(id);
            }
        }

        _generation = generation;
        int before = gone.Count;
        gone.AddRange(
            _core.State.Segments.All.Where(s => !there.Contains(s.Id) && !gone.Contains(s)));
        return gone.Count > before;
    }

    /// <summary>Takes segments whose files are gone out of the map: what the index still leads to in them was
    /// removed, and the tombstone may be gone with it.</summary>
    private void Drop(List<Segment> gone)
    {
        if (gone.Count > 0)
        {
            lock (_core.WriteLock)
            {
                _core.State = _core.State with { Segments = _core.State.Segments.Without(gone) };
            }

            EpochGate.Retire(() => gone.ForEach(static s => s.Close()));
        }
    }

    /// <summary>Takes another state up, loaded as at an open. Until that succeeds copies in doubt are misses.</summary>
    private bool TryLoadAnew(HeadPage page)
    {
        StoreCore fresh;
        FollowStart start;
        try
        {
            start = StateLoader.LoadAnew(_core, page, out fresh);
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException)
        {
            _core.Log.HintFailed("The index", e);
            return false;
        }

        SchedulePoint.Reach("follow.loaded");
        lock (_core.WriteLock)
        {
            if (Recovery is { Merger: not null, IsDone: false })
            {
                fresh.ReleaseState();
                return false;
            }

            Recovery?.Forget();

            StoreState before = _core.TakeOver(fresh);
            EpochGate.Retire(() => StoreCore.Release(before));
        }

        Begin(start);
        return true;
    }

    private long SealedEnd(Segment segment)
    {
        long length = segment.File!.Stat().Length;
        SegmentTrailer? trailer = SegmentFront.ReadTrailer(
            segment.File, _core.Identity.StoreId, segment.Id, length);
        segment.IsSealed = trailer is not null;
        segment.DirectoryOffset = trailer?.FooterOffset ?? segment.DirectoryOffset;
        return trailer?.CommittedEnd ?? length;
    }
}
