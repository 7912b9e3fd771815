using PackStore.Format;

namespace PackStore.Segments;

/// <summary>
/// Walks the records of a segment front to back. Where no sound record starts it looks for the next one at every
/// multiple of 64 bytes.
/// </summary>
/// <remarks>Where bytes are refused it throws <see cref="UnreadableException"/>: a record may stand there.</remarks>
internal ref struct SegmentScanner
{
    private readonly Segment _segment;
    private readonly long _end;

    public SegmentScanner(Segment segment, long from, long end)
    {
        _segment = segment;
        _end = end;
        Next = from;
    }

    /// <summary>Offset of the current record.</summary>
    public long Offset { get; private set; }

    /// <summary>Offset behind the current record.</summary>
    public long Next { get; private set; }

    /// <summary>Header of the current record.</summary>
    public RecordHeader Header { get; private set; }

    /// <summary>Where the bytes skipped before the current record, or at the end, started; -1 if none were.</summary>
    public long SkippedFrom { get; private set; }

    /// <summary>What was wrong there.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether bytes were not there anywhere so far: the file is gone, cut, or no segment.</summary>
    public bool WasUnreadable { get; private set; }

    /// <summary>Goes to the next sound header; false at the end.</summary>
    /// <param name="resynchronise">Whether to look on behind damage, or to stop there.</param>
    public bool MoveNext(bool resynchronise)
    {
        SkippedFrom = -1;
        Problem = null;
        for (long at = Next; at + RecordHeaderLayout.Size <= _end; at += FormatLimits.RecordAlignment)
        {
            long end = _end;
#if PACKSTORE_PROOF
            if (Proof.PlantedBugs.Has(Proof.PlantedBug.TailScanOffByOne))
            {
                end--;
            }
#endif
            if (RecordReader.TryReadHeader(_segment, at, out RecordHeader header, out string? problem)
                && header.RecordLength <= end - at)
            {
                Offset = at;
                Header = header;
                Next = at + header.RecordLength;
                return true;
            }

            RecordReader.ThrowIfRefused(_segment, at, default, problem);
            WasUnreadable |= problem == RecordReader.Unreadable;
            if (SkippedFrom < 0)
            {
                SkippedFrom = at;
                Problem = problem ?? $"a record of {header.RecordLength} bytes reaches beyond {_end}";
            }

            if (!resynchronise)
            {
                break;
            }
        }

        Next = _end;
        return false;
    }
}
