using PackStore.Format;

namespace PackStore.Verification;

/// <summary>Walks the records of one segment and checks each. One bad record never hides the next.</summary>
/// <param name="run">The verification.</param>
/// <param name="id">The segment's number.</param>
/// <param name="window">Its bytes.</param>
/// <param name="extent">How far it goes.</param>
/// <param name="directory">What its directory blocks say.</param>
/// <param name="isServed">Whether the segment's header is right: without it none of its records is a hit.</param>
internal sealed class SegmentWalk(
    VerifyRun run, int id, FileWindow window, SegmentExtent extent, SegmentDirectory directory, bool isServed)
{
    private const int RoomForKey = RecordBodyLayout.ChecksumOffset + RecordBodyLayout.Size + RecordBody.KeyTailBytes;
    private readonly string _name = StoreFileNames.Segment(id);
    private readonly SeenRecords _seen = new();
    private readonly RecordChecker _checker = new(run, id, window);
    private long _runFrom = -1;
    private string _runProblem = "";
    private ArtifactKey? _runKey;
    private bool _runIsZero;

    /// <summary>Records that have loose payloads.</summary>
    public List<LooseRecord> Loose => _checker.Loose;

    /// <summary>Whether the file ends before the records do: what is torn there was told already.</summary>
    public bool IsShortened { get; init; }

    /// <summary>Walks all of it.</summary>
    public void Run()
    {
        long at = SegmentHeaderLayout.Size;
        while (at < extent.End)
        {
            ReadOnlySpan<byte> line = window.Read(at, RecordHeaderLayout.Size);
            if (RecordHeader.TryRead(line, extent.End - at, out RecordHeader header, out string? problem))
            {
                CloseRun(at);
                at += IsMisplaced(at, header, out DirectoryEntry lost) ? TakeMisplaced(at, header, lost)
                    : Take(at, header) ? header.RecordLength
                    : LengthOfDamaged(at, header);
                continue;
            }

            if (at >= extent.Sure && RecordHeader.TryRead(line, long.MaxValue, out _))
            {
                run.Findings.Note($"{StoreFileNames.Head}: its end lies within the record at {at} of {_name}");
                break;
            }

            at += SkipDamage(at, problem!);
        }

        CloseRun(Math.Min(at, extent.End));
        if (extent.TailEnd > extent.End)
        {
            WalkTail();
        }
    }

    /// <summary>Notes only the records' keys: how a catch-up sees what has come meanwhile.</summary>
    public void NoteFrom(long from)
    {
        for (long at = from; at < extent.TailEnd;)
        {
            ReadOnlySpan<byte> line = window.Read(at, RecordHeaderLayout.Size);
            if (RecordHeader.TryRead(line, extent.TailEnd - at, out RecordHeader header)
                && header.Kind is RecordKind.Artifact or RecordKind.Tombstone
                && _checker.TryReadKey(at, header, out ArtifactKey key))
            {
                ulong hash = run.Hash.Of(key);
                run.Tracker.Note(hash, header.Sequence, header.Kind, header.Count, -1);
            }

            at += Math.Max(header.RecordLength, FormatLimits.RecordAlignment);
        }
    }

    /// <summary>Behind the end of an unclean stop: whole records count, anything else is a torn tail and no
    /// damage.</summary>
    private void WalkTail()
    {
        long torn = -1;
        for (long at = extent.End; at < extent.TailEnd;)
        {
            ReadOnlySpan<byte> line = window.Read(at, RecordHeaderLayout.Size);
            bool isZero = !line.ContainsAnyExcept((byte)0);
            if (RecordHeader.TryRead(line, extent.TailEnd - at, out RecordHeader header)
                && (header.Kind is not (RecordKind.Artifact or RecordKind.Tombstone)
                    || _checker.TryTakeQuietly(at, header)))
            {
                at += header.RecordLength;
                continue;
            }

            torn = torn < 0 && !isZero ? at : torn;
            at += FormatLimits.RecordAlignment;
        }

        if (torn >= 0)
        {
            run.Findings.Note($"{_name}: a torn tail at {torn}, left by an unclean stop; it was never promised");
        }
    }

    /// <summary>Checks a record whose header is sound; says whether the rest is, too. Padding has no rest to tell
    /// by.</summary>
    private bool Take(long at, in RecordHeader header)
    {
        if (header.Kind == RecordKind.Directory)
        {
            return TakeBlock(at, header);
        }

        if (header.Kind == RecordKind.Padding)
        {
            return false;
        }

        bool listed = directory.TryGet(at, out DirectoryEntry entry);
        DirectoryEntry seen = _checker.Check(at, header, listed ? entry : null, isServed, out bool isHashSure);
        _seen.Add(seen, isHashSure);
        return _checker.WasSound;
    }

    /// <summary>Whether a sound header stands where the directory has another record: it came with a misplaced
    /// sector.</summary>
    private bool IsMisplaced(long at, in RecordHeader header, out DirectoryEntry lost) =>
        directory.TryGet(at, out lost) && !SegmentDirectory.IsOf(lost, header)
        && directory.IsBelievable(window, extent.End);

    /// <summary>What belongs here is lost. What stands here is kept if it is whole: where it belongs it may be
    /// missing.</summary>
    private long TakeMisplaced(long at, in RecordHeader header, in DirectoryEntry lost)
    {
        run.Findings.Add(
            VerifyFindingKind.Header, _name, at, null,
            $"{header.Kind} {header.Sequence} of {header.RecordLength} bytes, expected {lost.Kind} {lost.Sequence} "
            + $"of {lost.Length}", lost.Length);
        run.Tracker.Note(lost.Hash, lost.Sequence, lost.Kind, lost.PayloadCount, lost.Length);
        _seen.AddRun(at, at + lost.Length);
        if (header.Kind is RecordKind.Artifact or RecordKind.Tombstone)
        {
            _checker.TryTakeQuietly(at, header);
        }

        return lost.Length;
    }

    /// <summary>How far to go behind a record of which only the header is sound: that header may be a misplaced one,
    /// and its length reach over records that are sound.</summary>
    private long LengthOfDamaged(long at, in RecordHeader header)
    {
        if (directory.TryGet(at, out DirectoryEntry entry))
        {
            return entry.Length;
        }

        long next = at + header.RecordLength;
        return next >= extent.Sure || RecordHeader.TryRead(
            window.Read(next, RecordHeaderLayout.Size), extent.End - next, out _)
            ? header.RecordLength
            : FormatLimits.RecordAlignment;
    }

    private bool TakeBlock(long at, in RecordHeader header)
    {
        ReadOnlySpan<byte> record = window.Read(at, header.RecordLength);
        string? problem = "the file ends within it";
        bool isSound = false;
        if (record.Length == header.RecordLength
            && DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out problem))
        {
            isSound = true;
            problem = _seen.FindProblem(block, at);
        }

        _seen.AddBlock(at, at + header.RecordLength);
        if (problem is not null)
        {
            run.Findings.Add(VerifyFindingKind.Directory, _name, at, null, problem, header.RecordLength);
        }

        return isSound;
    }

    /// <summary>Begins or continues a damaged run; returns how far the next record may be.</summary>
    private long SkipDamage(long at, string problem)
    {
        ReadOnlySpan<byte> front = window.Read(at, RoomForKey);
        bool begins = _runFrom < 0;
        if (begins)
        {
            _runFrom = at;
            _runProblem = problem;
            _runKey = null;
            _runIsZero = true;
        }

        _runIsZero &= !front[..Math.Min(front.Length, RecordHeaderLayout.Size)].ContainsAnyExcept((byte)0);
        if (!directory.TryGet(at, out DirectoryEntry entry))
        {
            return FormatLimits.RecordAlignment;
        }

        // The key is believed if it has the hash that the directory block names.
        if (begins && TryGuessKey(front, out ArtifactKey key)
            && run.Hash.Of(key) == entry.Hash)
        {
            _runKey = key;
        }

        run.Records++;
        run.Tracker.Note(entry.Hash, entry.Sequence, entry.Kind, entry.PayloadCount, entry.Length);
        return entry.Length;
    }

    private void CloseRun(long to)
    {
        if (_runFrom < 0)
        {
            return;
        }

        long from = _runFrom;
        _runFrom = -1;
        _seen.AddRun(from, to);
        if (IsShortened && to >= extent.End)
        {
            return;
        }

        if (from >= extent.Sure && to >= extent.End && _runIsZero)
        {
            run.Findings.Note($"{StoreFileNames.Head}: its end {extent.End} lies behind the last record of {_name}");
            return;
        }

        bool isBlock = directory.IsBlock(from);
        run.Findings.Add(
            isBlock ? VerifyFindingKind.Directory : VerifyFindingKind.Header, _name, from, _runKey,
            $"{_runProblem}; {to - from} bytes are no record, expected {(isBlock ? "a directory block" : "one")}",
            to - from);
    }

    private static bool TryGuessKey(ReadOnlySpan<byte> front, out ArtifactKey key)
    {
        key = default;
        if (front.Length < RoomForKey)
        {
            return false;
        }

        int length = RecordHeader.ReadKeyLength(front);
        if (length is < 1 or > ArtifactKey.MaxLength)
        {
            return false;
        }

        key = RecordBody.ReadKey(front, length);
        return true;
    }
}
