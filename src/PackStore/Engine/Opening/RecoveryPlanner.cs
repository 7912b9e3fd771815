using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>
/// Finds out, at open, how far each segment goes and which records the index does not know. Reads one directory block
/// and at most some
/// thousand record headers a segment in question, whatever the store's size.
/// </summary>
internal sealed class RecoveryPlanner(StoreCore core, CheckpointRecord? checkpoint, HeadPage? head,
    RecordLocation watermark)
{
    private readonly bool _sameBoot = head is not null && core.Directory.BootId != Guid.Empty
        && head.IsCurrent(core.Identity.StoreId, core.Directory.BootId);
    private readonly List<Segment> _segments = [];
    private readonly List<RecoveryRun> _runs = [];
    private readonly List<UnsealedSegment> _unsealed = [];
    private readonly LostSegments _lost = new(checkpoint);

    // Whether bytes of the segment in hand were not there. It is then left as it is: sealing it now could cut off
    // what the next open can read.
    private bool _unreadable;
    private readonly List<Segment> _unsynced = [];
    private bool _anyUnreadable;

    // Whether a segment goes further than the checkpoint that says "clean": a recovery sealed it, and a power cut
    // brought the checkpoint back.
    private bool _hasGrown;
    private ulong _maxSequence = checkpoint?.Sequence ?? 0;

    /// <summary>Whether nothing was written after the last checkpoint, as far as HEAD and the names of the segments
    /// tell.</summary>
    public bool IsClean { get; private set; } = checkpoint is { IsClean: true };

    /// <summary>Runs over the records of one segment, whatever the index knows of them.</summary>
    public static IReadOnlyList<RecoveryRun> RunsOf(StoreCore core, Segment segment)
    {
        RecoveryPlanner planner = new(core, null, null, default);
        planner.AddRuns(segment, null);
        return planner._runs;
    }

    /// <summary>Looks at every segment. Throws if something that is there cannot be read just now: an older record
    /// would be taken for the newest.</summary>
    public SegmentPlan Plan()
    {
        try
        {
            return PlanAll();
        }
        catch
        {
            _segments.ForEach(static s => s.Close());
            throw;
        }
    }

    private SegmentPlan PlanAll()
    {
        Dictionary<int, CheckpointSegment> known = checkpoint?.Segments.ToDictionary(s => s.SegmentId) ?? [];
        List<int> ids = [];
        foreach (StoreEntry entry in core.Directory.List(StoreFileNames.Segments))
        {
            if (entry.IsFile && StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                ids.Add(id);
                long expected = known.TryGetValue(id, out CheckpointSegment listed) ? PromisedEnd(listed) : 0;
                if (entry.Length < expected)
                {
                    _lost.NoteShort(entry.Name, entry.Length, expected);
                }
            }
        }

        _lost.NoteAbsent(known.Values.Where(s => !ids.Contains(s.SegmentId)), PromisedEnd);
        ids.Sort();
        IsClean = IsClean && ids.TrueForAll(id => known.ContainsKey(id) || !IsSegment(id))
            && !WasWrittenSince(checkpoint!);
        foreach (int id in ids)
        {
            bool listed = known.TryGetValue(id, out CheckpointSegment entry);
            Segment segment = new(core.Directory, core.Identity, core.Residency, id)
            {
                WhenHeaderIsDamaged = entry.DurableEnd > 0 ? core.NoteDamagedHeader : null,
            };
            if (listed && entry.IsSealed)
            {
                TakeSealed(segment, entry);
            }
            else
            {
                Inspect(segment, listed ? entry : null);
            }

            _anyUnreadable |= _unreadable;
            _unreadable = false;
        }

        IsClean = IsClean && !_hasGrown;
        if (!IsClean)
        {
            _segments.ForEach(HoldUnlessMerged);
        }

        return new SegmentPlan(
            _segments, _runs, _unsealed, _maxSequence, _lost.Missing, _lost.Segments, _anyUnreadable, _unsynced)
        {
            AbsentIds = known.Keys.Union(ids).Except(_segments.Select(static s => s.Id))
                .Union(_lost.Segments.Select(static l => l.SegmentId)).ToHashSet(),
            LastKnownId = known.Keys.Append(watermark.SegmentId).Max(),
        };
    }

    /// <summary>Up to where a segment must be there.</summary>
    private long PromisedEnd(CheckpointSegment listed) => IsClean ? listed.CommittedEnd : listed.DurableEnd;

    /// <summary>Whether a file that no checkpoint names may hold records. What a crash left before the header was
    /// written does not, and must not make every later open an unclean one.</summary>
    private bool IsSegment(int id)
    {
        using IStoreFile? file = core.Directory.TryOpen(StoreFileNames.Segment(id), writable: false);
        return file is not null && SegmentFront.ReadHeader(file, out _, out _) is not null;
    }

    /// <summary>Whether HEAD, where it is exact, says that something was appended after the checkpoint: then a writer
    /// opened the store once more
    /// and was killed.</summary>
    private bool WasWrittenSince(CheckpointRecord clean)
    {
        CheckpointSegment last = clean.Segments.OrderBy(s => s.SegmentId).LastOrDefault();
        return _sameBoot && head!.Committed != new RecordLocation(last.SegmentId, last.CommittedEnd);
    }

    /// <summary>The snapshot knows which records behind the durable end were lost, and no checkpoint does yet: whoever
    /// was to write it was killed. If the snapshot goes too, they have to be looked at again.</summary>
    private void HoldUnlessMerged(Segment segment)
    {
        if (segment.DurableEnd < segment.CommittedEnd
            && new RecordLocation(segment.Id, segment.DurableEnd).CompareTo(watermark) < 0)
        {
            segment.HoldDurableEnd();
        }
    }

    /// <summary>A segment that the checkpoint vouches for is not even opened, unless the index lacks it.</summary>
    private void TakeSealed(Segment segment, in CheckpointSegment entry)
    {
        segment.CommittedEnd = entry.CommittedEnd;
        segment.DirectoryOffset = entry.DirectoryOffset;
        segment.DurableEnd = entry.DurableEnd;
        segment.IsSealed = true;
        segment.TrustedEnd = TrustedEndOf(entry);
        segment.SetLive(entry.LiveBytes);
        _segments.Add(segment);
        if (new RecordLocation(segment.Id, entry.CommittedEnd).CompareTo(watermark) > 0)
        {
            AddRuns(segment, null);
        }
    }

    /// <summary>A checkpoint that says "durable up to here" of a segment that goes further says that an earlier open
    /// found torn records behind it.
    /// </summary>
    private long TrustedEndOf(CheckpointSegment? listed) =>
        (IsClean || _sameBoot) && (listed is not { } known || known.DurableEnd >= known.CommittedEnd)
            ? long.MaxValue
            : listed?.DurableEnd ?? 0;

    private void Inspect(Segment segment, CheckpointSegment? listed)
    {
        if (!segment.TryOpen(out string problem))
        {
            if (segment.IsOpenBlocked)
            {
                // Not damage but a refusal that may pass: going on without the segment would answer and flush wrongly.
                throw new UnreadableException($"{segment.Name} cannot be read: {problem}.") { File = segment.Name };
            }

            core.Log.Ignored(segment.Name, problem);
            if (listed is { } gone)
            {
                _lost.Note(gone, PromisedEnd(gone));
            }

            return;
        }

        long length = segment.File!.Stat().Length;
        // A recovery may have been killed after it claimed HEAD: that HEAD is of this boot does not mean that what an
        // earlier boot wrote has been looked at.
        segment.TrustedEnd = IsClean || segment.BornIn == core.Directory.BootId
            ? TrustedEndOf(listed)
            : listed?.DurableEnd ?? 0;
        segment.DurableEnd = listed?.DurableEnd ?? 0;
        segment.SetLive(listed?.LiveBytes ?? 0);
        _segments.Add(segment);
        if (SegmentFront.ReadTrailer(segment.File, core.Identity.StoreId, segment.Id, length) is { } trailer)
        {
            segment.CommittedEnd = trailer.CommittedEnd;
            segment.DirectoryOffset = trailer.FooterOffset;
            segment.IsSealed = true;
            NoteGrowth(segment, listed);
            AddRuns(segment, null);
            return;
        }

        List<(long From, long To)> gaps = [];
        DirectoryBuilder builder = FindEnd(segment, listed, length, gaps);
        NoteGrowth(segment, listed);
        if (listed is { } known && length < PromisedEnd(known))
        {
            // A footer behind what is left would make the loss look right.
            _lost.Note(known, PromisedEnd(known));
            _unsynced.Add(segment);
        }
        else if (_unreadable)
        {
            _unsynced.Add(segment);
        }
        else
        {
            _unsealed.Add(new UnsealedSegment(segment, builder, gaps));
        }
    }

    private void NoteGrowth(Segment segment, CheckpointSegment? listed)
    {
        if (listed is { } known && segment.CommittedEnd > known.CommittedEnd)
        {
            segment.TrustedEnd = IsClean ? Math.Min(segment.TrustedEnd, known.CommittedEnd) : segment.TrustedEnd;
            _hasGrown = true;
        }
    }

    /// <summary>Finds where the records of an unsealed segment end.</summary>
    private DirectoryBuilder FindEnd(
        Segment segment, CheckpointSegment? listed, long length, List<(long From, long To)> gaps)
    {
        long end = Math.Max(SegmentHeaderLayout.Size, listed?.CommittedEnd ?? 0);
        segment.DirectoryOffset = listed?.DirectoryOffset ?? 0;
        if (_sameBoot && head!.Committed.SegmentId == segment.Id)
        {
            end = Math.Max(end, head.Committed.Offset);
        }

        if (_sameBoot && head!.Directory.SegmentId == segment.Id)
        {
            segment.DirectoryOffset = Math.Max(segment.DirectoryOffset, head.Directory.Offset);
        }

        // Readers are bounded by the committed end, so it is moved on as sound records are found behind it.
        end = Math.Min(end, length) & ~(FormatLimits.RecordAlignment - 1L);
        segment.CommittedEnd = length;
        DirectoryBuilder builder = AddRuns(segment, end)!;
        segment.CommittedEnd = FindLast(segment, end, length, builder, gaps);
        return builder;
    }

    /// <summary>Looks behind the known end for whole records: written but not published, or published in a HEAD that
    /// was lost.</summary>
    private long FindLast(
        Segment segment, long end, long length, DirectoryBuilder builder, List<(long From, long To)> gaps)
    {
        List<DirectoryEntry> found = [];
        SegmentScanner scanner = new(segment, end, length);
        // Where the end is known for sure only a write that was under way may lie behind it. Of a segment that could
        // not be sealed HEAD does not tell the end any more.
        bool isEndKnown = IsClean || (_sameBoot && head!.Committed.SegmentId == segment.Id);
        while (scanner.MoveNext(resynchronise: !isEndKnown))
        {
            // Nobody was promised what was not published. If its write failed, its loose files are gone: it would hide
            // the version before.
            bool isGood = scanner.Header.Kind == RecordKind.Padding
                || (isEndKnown
                    ? RecordSoundness.IsWhole(core, segment, scanner.Offset)
                    : RecordSoundness.IsSound(segment, scanner.Offset));
            if (!isGood)
            {
                if (isEndKnown)
                {
                    break;
                }

                continue;
            }

            if (RecoveryRun.TryDescribe(core, segment, scanner.Offset, scanner.Header, out DirectoryEntry entry))
            {
                found.Add(entry);
            }

            if (scanner.Offset > end)
            {
                gaps.Add((end, scanner.Offset));
            }

            _maxSequence = Math.Max(_maxSequence, scanner.Header.Sequence);
            end = scanner.Next;
        }

        _unreadable |= scanner.WasUnreadable;
        if (found.Count > 0)
        {
            found.ForEach(e => builder.Add(e));
            AddWalked(segment, found);
        }

        return end;
    }

    /// <summary>Adds the runs of a segment behind the watermark. For an unsealed one returns what its next block must
    /// list.</summary>
    private DirectoryBuilder? AddRuns(Segment segment, long? unsealedEnd)
    {
        if (!segment.TryOpen(out string problem))
        {
            // It may come back: nothing is saved that says what is in it.
            _unreadable = true;
            return segment.IsOpenBlocked
                ? throw new UnreadableException($"{segment.Name} cannot be read: {problem}.") { File = segment.Name }
                : null;
        }

        long from = SegmentHeaderLayout.Size;
        DirectoryBuilder? builder = null;
        if (segment.DirectoryOffset > 0
            && SegmentBlocks.TryRead(
                core, segment, ref _maxSequence, out List<(long Offset, int Count, long End)> blocks))
        {
            builder = unsealedEnd is null ? null : new DirectoryBuilder(blocks[^1].End, _maxSequence);
            int before = 0;
            foreach ((long offset, int count, long blockEnd) in blocks)
            {
                builder?.AddBlock(offset, count);
                if (new RecordLocation(segment.Id, offset).CompareTo(watermark) > 0 && count > 0)
                {
                    _runs.Add(new RecoveryRun(segment, from, offset, count, before, SettledIn(segment)));
                }

                before += count;
                from = blockEnd;
            }
        }
        else
        {
            segment.DirectoryOffset = 0;
            builder = unsealedEnd is null ? null : new DirectoryBuilder(from, _maxSequence);
        }

        AddTail(segment, from, unsealedEnd ?? segment.CommittedEnd, builder);
        return builder;
    }

    /// <summary>Walks the records that no directory block lists.</summary>
    private void AddTail(Segment segment, long from, long to, DirectoryBuilder? builder)
    {
        if (from >= to)
        {
            return;
        }

        List<DirectoryEntry> tail = RecoveryRun.Walk(core, segment, from, to, resynchronise: true, out bool unreadable);
        _unreadable |= unreadable;
        foreach (DirectoryEntry entry in tail)
        {
            builder?.Add(entry);
            _maxSequence = Math.Max(_maxSequence, entry.Sequence);
        }

        if (tail.Count > 0 && new RecordLocation(segment.Id, tail[^1].Offset).CompareTo(watermark) >= 0)
        {
            AddWalked(segment, tail);
        }
    }

    private void AddWalked(Segment segment, List<DirectoryEntry> entries)
    {
        long settled = SettledIn(segment);
        DirectoryEntry[] open = [.. entries.Where(e => e.Offset >= settled)];
        if (open.Length > 0)
        {
            _runs.Add(RecoveryRun.OfWalked(segment, open));
        }
    }

    /// <summary>Up to where the snapshot settles what is in a segment. Records before it that are not in the index were
    /// superseded, removed or evicted, and those must not come back after a close that counted without them.</summary>
    private long SettledIn(Segment segment) => segment.Id == watermark.SegmentId ? watermark.Offset : 0;
}
