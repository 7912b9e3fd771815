using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine;

/// <summary>
/// Keeps a read-only process up to date: compares one word of HEAD with what it has applied, and walks the records
/// between.
/// </summary>
/// <remarks>A page that no writer has claimed in this boot says nothing, until one does.</remarks>
internal sealed class TailFollower : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StoreCore _core;
    private readonly HeadPage? _head;
    private RecordLocation _applied;
    private ulong _appliedWord;
    private ulong _generation;

    /// <summary>Starts behind what was loaded.</summary>
    /// <param name="core">The store.</param>
    /// <param name="head">HEAD; null if it is absent.</param>
    /// <param name="word">The committed end that stood in it before anything was loaded.</param>
    /// <param name="applied">What of it was loaded, as a place.</param>
    public TailFollower(StoreCore core, HeadPage? head, ulong word, RecordLocation applied)
    {
        _core = core;
        _head = head;
        _appliedWord = word;
        _applied = applied;
    }

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
        if (_head.CommittedWord != Volatile.Read(ref _appliedWord))
        {
            SchedulePoint.Reach("follow.behind");
            FollowSlow(_head);
        }

        return generation;
    }

    /// <inheritdoc/>
    public void Dispose() => _head?.Dispose();

    private void FollowSlow(HeadPage page)
    {
        SchedulePoint.BeforeLock(_lock, "follow lock");
        lock (_lock)
        {
            ulong word = page.CommittedWord;
            SchedulePoint.Reach("follow.word");
            while (word != _appliedWord && page.IsCurrent(_core.Identity.StoreId, _core.Directory.BootId))
            {
                bool hasVanished = false;
                if (HeadWords.Unpack(word) is { SegmentId: not 0 } target && target.CompareTo(_applied) >= 0)
                {
                    hasVanished = Walk(_applied, target);
                    SchedulePoint.Reach("follow.walked");
                    _applied = target;
                }

                SchedulePoint.Reach("follow.walked");
                hasVanished |= DropVanished(page);
                Volatile.Write(ref _appliedWord, word);
                // The copies of what has vanished were published before it did.
                word = hasVanished ? page.CommittedWord : word;
            }
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
            hasVanished |= !TryApply(id, start, id == to.SegmentId ? to.Offset : null);
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
                return false;
            }

            lock (_core.WriteLock)
            {
                _core.State = _core.State with { Segments = _core.State.Segments.With(segment) };
            }
        }
        else if (!segment.TryOpen(out _))
        {
            return false;
        }

        segment.CommittedEnd = Math.Max(segment.CommittedEnd, end ?? SealedEnd(segment));
        lock (_core.WriteLock)
        {
            IndexMerger merger = new(_core);
            SegmentScanner scanner = new(segment, from, segment.CommittedEnd);
            while (scanner.MoveNext(resynchronise: true))
            {
                if (RecoveryRun.TryDescribe(_core, segment, scanner.Offset, scanner.Header, out DirectoryEntry entry))
                {
                    SchedulePoint.Reach("follow.record");
                    merger.Merge(segment, entry, (ushort)_core.Hour);
                }
            }

            SchedulePoint.Reach("follow.merged");
            merger.PurgeTombstones();
        }

        return true;
    }

    /// <summary>Takes segments whose files are gone out of the map: what the index still leads to in them was removed,
    /// and the tombstone may be gone with it. Says whether there were any.</summary>
    private bool DropVanished(HeadPage page)
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
        Segment[] gone = [.. _core.State.Segments.All.Where(s => !there.Contains(s.Id))];
        if (gone.Length > 0)
        {
            lock (_core.WriteLock)
            {
                _core.State = _core.State with { Segments = _core.State.Segments.Without(gone) };
            }

            EpochGate.Retire(() => Array.ForEach(gone, static s => s.Close()));
        }

        return gone.Length > 0;
    }

    private long SealedEnd(Segment segment)
    {
        long length = segment.File!.Stat().Length;
        byte[] last = new byte[SegmentTrailerLayout.Size];
        int read = length >= last.Length ? segment.File.Read(length - last.Length, last) : 0;
        SegmentTrailer? trailer = SegmentTrailer.TryRead(last.AsSpan(0, read), _core.Identity.StoreId, segment.Id,
            length);
        segment.IsSealed = trailer is not null;
        segment.DirectoryOffset = trailer?.FooterOffset ?? segment.DirectoryOffset;
        return trailer?.CommittedEnd ?? length;
    }
}
