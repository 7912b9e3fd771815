using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>Checks the segments one by one: presence, length, header, records or directory blocks, trailer.</summary>
internal sealed class SegmentVerifier(VerifyRun run, CheckpointVerifier checkpoint, HeadView head)
{
    private readonly Dictionary<int, CheckpointSegment> _listed =
        checkpoint.Record?.Segments.DistinctBy(static s => s.SegmentId).ToDictionary(static s => s.SegmentId) ?? [];

    // How far each segment was walked: a catch-up goes on there.
    private readonly Dictionary<int, long> _walked = [];

    // Up to where the records of each segment were promised.
    private readonly Dictionary<int, long> _promised = [];

    // Segments whose headers a power cut tore, or never let be written: nothing in them is served.
    private readonly HashSet<int> _torn = [];

    /// <summary>Records that have loose payloads, by segment and offset.</summary>
    public List<LooseRecord> Loose { get; } = [];

    /// <summary>Whether a segment is absent or cut short, so that keys are lost that nothing names any more.</summary>
    public bool HasUnnamedLoss { get; private set; }

    /// <summary>The first segment that the budget kept from being read; null if none.</summary>
    public int? NextSegment { get; private set; }

    /// <summary>Live bytes of absent segments, as the checkpoint has them.</summary>
    public long AbsentLiveBytes { get; private set; }

    /// <summary>Checks all of them.</summary>
    public void Run()
    {
        int[] ids = [.. SegmentNames.List(run.Directory).Union(_listed.Keys).Order()];
        run.Progress.TotalBytes = run.Directory.List(StoreFileNames.Segments).Sum(static e => e.Length);
        run.Progress.Begin("segments");
        bool hasRead = false;
        foreach (int id in ids)
        {
            run.Token.ThrowIfCancellationRequested();
            int before = run.Findings.Count;
            if (id < run.FromSegment || (hasRead && (NextSegment is not null || run.IsBudgetSpent)))
            {
                NextSegment ??= id < run.FromSegment ? null : id;
                Skip(id);
                continue;
            }

            hasRead = true;
            try
            {
                Check(id);
            }
            catch (IOException e) when (e is not PackStoreException && run.IsDamage(e))
            {
                run.Findings.Add(VerifyFindingKind.Segment, StoreFileNames.Segment(id), 0, null, e.Message);
                HasUnnamedLoss = true;
            }

            run.Witness?.EndSegment(id, run.Findings.Count > before);
        }
    }

    /// <summary>Takes note of what a live writer has appended meanwhile, and of the records of the segments that this
    /// part does not read: only who knows all can tell what is lost.</summary>
    /// <remarks>A segment that a compaction takes away meanwhile left its copies in one with a greater number, which
    /// was there before: the names are asked for again until there is none that was not looked at.</remarks>
    public void CatchUp()
    {
        HashSet<int> seen = [];
        int before;
        do
        {
            before = seen.Count;
            CatchUp(SegmentNames.List(run.Directory).Where(seen.Add));
        }
        while (seen.Count > before);
    }

    private void CatchUp(IEnumerable<int> ids)
    {
        foreach (int id in ids.Except(_torn))
        {
            run.Token.ThrowIfCancellationRequested();
            (RecordLocation Committed, RecordLocation Directory)? now = head.Read();
            using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Segment(id), writable: false);
            if (file is null)
            {
                continue;
            }

            long length = file.Stat().Length;
            SegmentExtent extent = Extent(id, length, ReadTrailer(id, file, length), IsWhole(id, file), now);
            using FileWindow window = new(run, file) { Limit = length };
            bool wasWalked = _walked.TryGetValue(id, out long from);
            new SegmentWalk(run, id, window, extent, new SegmentDirectory(), isServed: true)
                .NoteFrom(wasWalked ? from : NoteDirectory(window, extent));
        }
    }

    /// <summary>Whether a part was read only, so that the newest record of a key may be in another.</summary>
    public bool IsPart => NextSegment is not null || run.FromSegment > 0;

    /// <summary>Notes what the directory blocks list; returns where the rest begins.</summary>
    private long NoteDirectory(FileWindow window, SegmentExtent extent)
    {
        SegmentDirectory directory = SegmentDirectory.Load(window, extent.DirectoryOffset, extent.End);
        foreach (DirectoryEntry entry in directory.Entries)
        {
            run.Tracker.Note(entry.Hash, entry.Sequence, entry.Kind, entry.PayloadCount, -1);
        }

        return directory.Problems.Count == 0 && directory.End > 0 ? directory.End : SegmentHeaderLayout.Size;
    }

    /// <summary>Of a segment that this part does not read, whether it is there is all that is looked at.</summary>
    private void Skip(int id)
    {
        using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Segment(id), writable: false);
        bool isListed = _listed.TryGetValue(id, out CheckpointSegment listed);
        if (file is null)
        {
            ReportAbsent(id, isListed);
        }
        else if (isListed)
        {
            IsShort(id, file.Stat().Length, listed);
        }
    }

    private void Check(int id)
    {
        bool isListed = _listed.TryGetValue(id, out CheckpointSegment listed);
        (RecordLocation Committed, RecordLocation Directory)? now = head.Read();
        using IStoreFile? file = run.Directory.TryOpen(StoreFileNames.Segment(id), writable: false);
        if (file is null)
        {
            ReportAbsent(id, isListed);
            return;
        }

        run.Segments++;
        long length = file.Stat().Length;
        bool isShortened = isListed && IsShort(id, length, listed);
        if (!isListed && IsBlank(file, length))
        {
            run.Findings.Note($"{StoreFileNames.Segment(id)}: begun, nothing was written to it yet");
            return;
        }

        bool isWhole = IsWhole(id, file);
        SegmentTrailer? trailer = ReadTrailer(id, file, length);
        SegmentExtent extent = Extent(id, length, trailer, isWhole, now);
        _promised[id] = isWhole ? extent.End : extent.Sure;
        // Made after the extent is known: what it has read before could be older than what the trailer promises.
        using FileWindow window = new(run, file) { Limit = Math.Min(length, extent.TailEnd) };
        bool isPromised = isWhole || run.IsStrict || (isListed && listed.DurableEnd > 0)
            || (now is { } writer && writer.Committed.SegmentId == id
                && writer.Committed.Offset > SegmentHeaderLayout.Size);
        // As at an open: what was durable once is damaged and not torn.
        bool canStandIn = isListed && listed.DurableEnd > 0 && SegmentFront.StandsIn(trailer, length);
        bool isServed = (isShortened && length < SegmentHeaderLayout.Size)
            || CheckHeader(id, window, isPromised, canStandIn);
        if (_torn.Contains(id))
        {
            return;
        }

        long last = isShortened ? 0 : extent.DirectoryOffset;
        SegmentDirectory directory = SegmentDirectory.Load(window, last, extent.End);
        Walk(id, window, extent, directory, isServed, isShortened);
        if (isListed && !isShortened)
        {
            CheckTrailer(id, length, extent, directory, listed);
        }

        if (window.UnreadableAt >= 0)
        {
            run.Findings.Add(
                VerifyFindingKind.Segment, StoreFileNames.Segment(id), window.UnreadableAt, null, window.Problem);
        }

        run.Progress.Done(length);
    }

    private void Walk(
        int id, FileWindow window, SegmentExtent extent, SegmentDirectory directory, bool isServed, bool isShortened)
    {
        _walked[id] = extent.End;
        if (run.Level != VerifyLevel.Index)
        {
            SegmentWalk walk = new(run, id, window, extent, directory, isServed) { IsShortened = isShortened };
            walk.Run();
            Loose.AddRange(walk.Loose);
            return;
        }

        foreach ((long offset, string problem) in directory.Problems)
        {
            run.Findings.Add(VerifyFindingKind.Directory, StoreFileNames.Segment(id), offset, null, problem);
        }

        foreach (DirectoryEntry entry in directory.Entries)
        {
            run.Tracker.Note(entry.Hash, entry.Sequence, entry.Kind, entry.PayloadCount, isServed ? -1 : entry.Length);
        }

        run.Records += directory.Entries.Count;
        run.Progress.Items += directory.Entries.Count;
    }

    private SegmentExtent Extent(
        int id, long length, SegmentTrailer? trailer, bool isWhole,
        (RecordLocation Committed, RecordLocation Directory)? now)
    {
        CheckpointSegment? listed = _listed.TryGetValue(id, out CheckpointSegment entry) ? entry : null;
        return SegmentExtent.Find(id, length, trailer, listed, checkpoint.KeepsCommitted, isWhole, now);
    }

    /// <summary>Whether all that was written to a segment is there: no power was cut since, or the store was closed
    /// before. Where its header cannot tell it is taken for older.</summary>
    private bool IsWhole(int id, IStoreFile file)
    {
        bool isListed = _listed.TryGetValue(id, out CheckpointSegment listed);
        if (checkpoint is { IsCurrent: true, Record.IsClean: true } && isListed
            && listed.DurableEnd >= listed.CommittedEnd)
        {
            return true;
        }

        try
        {
            byte[] front = new byte[SegmentHeaderLayout.Size];
            SegmentHeader? header = SegmentHeader.TryRead(front.AsSpan(0, file.Read(0, front)), out _);
            return header is not null && header.BootId == run.Directory.BootId && header.BootId != Guid.Empty;
        }
        catch (IOException e) when (!run.IsStrict || StorageError.IsMedium(e))
        {
            return false;
        }
    }

    /// <summary>Whether somebody was told that a record is safe, be it by a flush or by being alive.</summary>
    public bool IsPromised(in LooseRecord record) =>
        !_promised.TryGetValue(record.SegmentId, out long end) || record.Offset < end;

    private SegmentTrailer? ReadTrailer(int id, IStoreFile file, long length)
    {
        try
        {
            return SegmentFront.ReadTrailer(file, run.Identity.StoreId, id, length);
        }
        catch (IOException e) when (!run.IsStrict || StorageError.IsMedium(e))
        {
            // As good as a damaged trailer, which is reported where one is expected.
            return null;
        }
    }

    private void ReportAbsent(int id, bool isListed)
    {
        // Compaction removes segments: only a checkpoint that still names it after it was gone makes it damage.
        if (!isListed || !checkpoint.StillNames(id))
        {
            return;
        }

        string name = StoreFileNames.Segment(id);
        CheckpointSegment listed = _listed[id];
        if (!checkpoint.IsCurrent)
        {
            run.Findings.Note($"{name}: absent, {StoreFileNames.CheckpointOld} names it");
            return;
        }

        if ((checkpoint.KeepsCommitted ? listed.CommittedEnd : listed.DurableEnd) == 0)
        {
            run.Findings.Note($"{name}: absent, and was never durable");
            return;
        }

        run.Findings.Add(
            VerifyFindingKind.Segment, name, 0, null, $"absent, expected a segment of {listed.CommittedEnd} bytes");
        HasUnnamedLoss = true;
        AbsentLiveBytes += listed.LiveBytes;
    }

    private bool IsShort(int id, long length, in CheckpointSegment listed)
    {
        long expected = checkpoint.KeepsCommitted ? listed.CommittedEnd : listed.DurableEnd;
        if (length >= expected)
        {
            return false;
        }

        run.Findings.Add(
            VerifyFindingKind.Segment, StoreFileNames.Segment(id), length, null,
            $"{length} bytes, expected at least {expected}");
        HasUnnamedLoss = true;
        return true;
    }

    private bool IsBlank(IStoreFile file, long length)
    {
        using FileWindow window = new(run, file) { Limit = length };
        return !window.Read(0, SegmentHeaderLayout.Size + RecordHeaderLayout.Size).ContainsAnyExcept((byte)0);
    }

    /// <summary>Checks the header; says whether the segment is served, be it without one.</summary>
    private bool CheckHeader(int id, FileWindow window, bool isPromised, bool canStandIn)
    {
        ReadOnlySpan<byte> front = window.Read(0, SegmentHeaderLayout.Size);
        SegmentHeader? header = SegmentHeader.TryRead(front, out string problem, out bool isDamaged);
        if (header is not null && header.SegmentId == id && header.Store.StoreId == run.Identity.StoreId)
        {
            return true;
        }

        if (header is not null)
        {
            problem = $"segment {header.SegmentId} of store {header.Store.StoreId}, "
                + $"expected {id} of {run.Identity.StoreId}";
        }

        if (isDamaged && canStandIn)
        {
            run.Findings.Add(
                VerifyFindingKind.Segment, StoreFileNames.Segment(id), 0, null,
                $"{problem}; served by its trailer, and written anew by a repair");
            return true;
        }

        if (isPromised || header is not null || IsOther(front))
        {
            run.Findings.Add(VerifyFindingKind.Segment, StoreFileNames.Segment(id), 0, null, problem);
        }
        else
        {
            _torn.Add(id);
            run.Findings.Note($"{StoreFileNames.Segment(id)}: begun before a power cut, and never promised: {problem}");
        }

        return false;
    }

    /// <summary>Whether another structure of a store begins here: no torn write leaves that. All their magics begin the
    /// same.</summary>
    private static bool IsOther(ReadOnlySpan<byte> front) =>
        front.StartsWith("PK"u8) && !front.StartsWith("PKSEGMT1"u8);

    /// <summary>A sealed segment that ends in a footer has a trailer that points to it.</summary>
    private void CheckTrailer(
        int id, long length, SegmentExtent extent, SegmentDirectory directory, in CheckpointSegment listed)
    {
        if (!listed.IsSealed)
        {
            return;
        }

        long at = Math.Max(0, length - SegmentTrailerLayout.Size);
        if (!extent.HasTrailer && directory.EndsInFooter)
        {
            run.Findings.Add(
                VerifyFindingKind.Directory, StoreFileNames.Segment(id), at, null, "no sound trailer, expected one");
        }
        else if (extent.HasTrailer && extent.Sure != listed.CommittedEnd)
        {
            run.Findings.Add(
                VerifyFindingKind.Directory, StoreFileNames.Segment(id), at, null,
                $"the trailer ends the records at {extent.Sure}, expected {listed.CommittedEnd}");
        }
    }
}
