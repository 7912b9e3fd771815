using System.Runtime.InteropServices;
using PackStore.Format;

namespace PackStore.Segments;

/// <summary>Collects what the next directory block of the active segment will list. Under the write lock.</summary>
internal sealed class DirectoryBuilder
{
    private readonly List<DirectoryEntry> _pending = [];
    private readonly List<(long Offset, int Count)> _contents = [];
    private ulong _maxSequence;

    /// <summary>Starts for a segment whose records before <paramref name="coveredTo"/> are listed already, see
    /// <see cref="AddBlock"/>.</summary>
    public DirectoryBuilder(long coveredTo, ulong maxSequence = 0)
    {
        CoveredFrom = coveredTo;
        _maxSequence = maxSequence;
    }

    /// <summary>Offset of the first record not listed yet.</summary>
    public long CoveredFrom { get; private set; }

    /// <summary>Entries not written yet, in order of their offsets.</summary>
    public ReadOnlySpan<DirectoryEntry> Pending => CollectionsMarshal.AsSpan(_pending);

    /// <summary>Entries in all, written or not.</summary>
    public int Total { get; private set; }

    /// <summary>Blocks written.</summary>
    public int Blocks => _contents.Count;

    /// <summary>Notes a block that is in the segment already.</summary>
    public void AddBlock(long offset, int count)
    {
        _contents.Add((offset, count));
        Total += count;
    }

    /// <summary>Notes an appended record.</summary>
    public void Add(in DirectoryEntry entry)
    {
        _pending.Add(entry);
        Total++;
        _maxSequence = Math.Max(_maxSequence, entry.Sequence);
    }

    /// <summary>Bytes that the footer and trailer would take if <paramref name="more"/> records were appended
    /// first.</summary>
    public long FooterBytes(int more) => FooterBytes(_pending.Count, _contents.Count, Total, more);

    /// <summary>The same for given numbers of entries pending, of blocks written, and of entries in all.</summary>
    public static long FooterBytes(int pending, int blocks, int total, int more) =>
        DirectoryBlock.MeasureRecord(pending + more, blocks + 1, total + more)
        + SegmentTrailerLayout.Size
        + (pending + more > FormatLimits.RecordsPerDirectory ? DirectoryBlock.MeasureRecord(0, blocks + 2, 0) : 0);

    /// <summary>Bytes that a block of what is pending and a footer behind it would take.</summary>
    public long BlockAndFooterBytes() => BlockAndFooterBytes(_pending.Count, _contents.Count, Total);

    /// <summary>The same for given numbers of entries pending, of blocks written, and of entries in all.</summary>
    public static long BlockAndFooterBytes(int pending, int blocks, int total) =>
        DirectoryBlock.MeasureRecord(pending, blocks, 0) + DirectoryBlock.MeasureRecord(0, blocks + 2, total)
        + SegmentTrailerLayout.Size;

    /// <summary>Makes the block that stands at <paramref name="offset"/> and lists everything pending.</summary>
    /// <param name="offset">Where it will stand.</param>
    /// <param name="segmentLive">For a footer, the live bytes of the segment; null for a block on the way.</param>
    /// <param name="recency">For a footer, gives the hour of an entry of the block at an offset, or of a pending one at
    /// 0.</param>
    /// <param name="segment">For a footer, the segment, to read the blocks on the way.</param>
    public byte[] Build(long offset, long? segmentLive, Func<DirectoryEntry, ushort>? recency, Segment? segment)
    {
        DirectoryEntry[] sorted = [.. _pending];
        Array.Sort(sorted, static (a, b) =>
            a.Hash.CompareTo(b.Hash) is var c && c != 0 ? c : a.Sequence.CompareTo(b.Sequence));
        DirectoryFooter? footer = null;
        if (segmentLive is { } live)
        {
            footer = new DirectoryFooter(live, CollectRecency(sorted, recency!, segment!));
        }

        byte[] record = new byte[DirectoryBlock.MeasureRecord(sorted.Length, _contents.Count, footer?.Recency.Count
            ?? 0)];
        DirectoryBlock.Write(
            record, sorted, CollectionsMarshal.AsSpan(_contents), CoveredFrom, offset, _maxSequence, footer);
        return record;
    }

    /// <summary>Notes that the block built last stands in the segment.</summary>
    public void Commit(long offset, int recordLength)
    {
        _contents.Add((offset, _pending.Count));
        _pending.Clear();
        CoveredFrom = offset + recordLength;
    }

    private List<ushort> CollectRecency(DirectoryEntry[] sorted, Func<DirectoryEntry, ushort> recency, Segment segment)
    {
        List<ushort> hours = new(Total);
        foreach ((long offset, int count) in _contents)
        {
            if (!RecordReader.TryReadRecord(segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record,
                out _)
                || !DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out _))
            {
                // A block that cannot be read has no hours to tell; the column keeps its place.
                hours.AddRange(new ushort[count]);
                continue;
            }

            for (int i = 0; i < block.Count; i++)
            {
                hours.Add(recency(block[i]));
            }
        }

        hours.AddRange(sorted.Select(recency));
        return hours;
    }
}
