using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;

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

    /// <summary>Brings the index up to what the writer has published: one load in the common case.</summary>
    public void Follow()
    {
        if (_head is not null && _head.CommittedWord != Volatile.Read(ref _appliedWord))
        {
            SchedulePoint.Reach("follow.behind");
            FollowSlow(_head);
        }
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
            RecordLocation target = HeadWords.Unpack(word);
            RecordLocation from = _applied;
            if (word == _appliedWord || !page.IsCurrent(_core.Identity.StoreId, _core.Directory.BootId))
            {
                return;
            }

            if (target.SegmentId == 0 || target.CompareTo(from) < 0)
            {
                Volatile.Write(ref _appliedWord, word);
                return;
            }

            for (int id = Math.Max(from.SegmentId, 1); id <= target.SegmentId; id++)
            {
#if PACKSTORE_PROOF
                if (PlantedBugs.Has(PlantedBug.FollowerStaysBehind))
                {
                    id = target.SegmentId;
                }
#endif
                long start = id == from.SegmentId ? from.Offset : SegmentHeaderLayout.Size;
                Apply(id, start, id == target.SegmentId ? target.Offset : null);
            }

            SchedulePoint.Reach("follow.walked");
            _applied = target;
            Volatile.Write(ref _appliedWord, word);
        }
    }

    /// <summary>Applies a segment's records from an offset on; to its end where that is not given, for it is sealed
    /// then.</summary>
    private void Apply(int id, long from, long? end)
    {
        if (!_core.State.Segments.TryGet(id, out Segment? segment))
        {
            segment = new Segment(_core.Directory, _core.Identity, _core.Residency, id);
            if (!segment.TryOpen(out string problem))
            {
                // A number that was never used, or a segment gone since: nothing of it can be hit.
                _core.Log.Ignored(segment.Name, problem);
                return;
            }

            lock (_core.WriteLock)
            {
                _core.State = _core.State with { Segments = _core.State.Segments.With(segment) };
            }
        }
        else if (!segment.TryOpen(out _))
        {
            return;
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
