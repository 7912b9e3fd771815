using System.Runtime.InteropServices;
using PackStore.Format;

namespace PackStore.Verification;

/// <summary>The records met in a segment, in order, and the runs of bytes that are none: what directory blocks are
/// compared with.</summary>
internal sealed class SeenRecords
{
    private readonly List<DirectoryEntry> _records = [];
    private readonly List<(long From, long To)> _runs = [];
    private readonly List<(long Offset, long End)> _blocks = [];

    // Offsets of records whose own damage leaves their hash unknown.
    private readonly HashSet<long> _unsure = [];

    /// <summary>Notes a record as its header tells it.</summary>
    public void Add(in DirectoryEntry record, bool isHashSure)
    {
        _records.Add(record);
        if (!isHashSure)
        {
            _unsure.Add(record.Offset);
        }
    }

    /// <summary>Notes bytes that are no record.</summary>
    public void AddRun(long from, long to) => _runs.Add((from, to));

    /// <summary>Notes a directory block.</summary>
    public void AddBlock(long offset, long end) => _blocks.Add((offset, end));

    /// <summary>Compares a block with the records it has to list; null if it is right.</summary>
    public string? FindProblem(in DirectoryBlock block, long offset)
    {
        long from = block.CoveredFrom;
        if (block.CoveredTo != offset)
        {
            return $"it covers {from} to {block.CoveredTo}, expected to end at {offset}";
        }

        if (from > offset || !IsStart(from))
        {
            return $"it covers {from} to {offset}, expected to begin where a block or the header ends";
        }

        for (int i = 0; i < block.ContentsCount; i++)
        {
            long earlier = block.Contents(i).Offset;
            if (!_blocks.Exists(b => b.Offset == earlier) && !IsInRun(earlier))
            {
                return $"it names a directory block at {earlier}, where none is";
            }
        }

        return FindWrongEntry(block, from);
    }

    private string? FindWrongEntry(in DirectoryBlock block, long from)
    {
        Span<DirectoryEntry> records = CollectionsMarshal.AsSpan(_records)[LowerBound(from)..];
        int matched = 0;
        ulong previous = 0;
        for (int i = 0; i < block.Count; i++)
        {
            DirectoryEntry entry = block[i];
            if (entry.Hash < previous)
            {
                return $"entry {i} has hash {entry.Hash:x16} behind {previous:x16}";
            }

            previous = entry.Hash;
            int at = LowerBound(entry.Offset);
            if (at == _records.Count || _records[at].Offset != entry.Offset)
            {
                if (entry.Offset < from || !IsInRun(entry.Offset))
                {
                    return $"entry {i} names a record at {entry.Offset}, where none starts";
                }

                continue;
            }

            DirectoryEntry record = _records[at];
            DirectoryEntry expected = record with
            {
                Hash = _unsure.Contains(record.Offset) ? entry.Hash : record.Hash,
                PayloadCount = Math.Min(record.PayloadCount, DirectoryBlock.ManyPayloads),
            };
            if (entry != expected)
            {
                return $"entry {i} is {entry}, expected {expected}";
            }

            matched++;
        }

        return matched < records.Length && _unsure.Count == 0
            ? $"it lists {matched} of the {records.Length} records from {from} on"
            : null;
    }

    private bool IsStart(long offset) =>
        offset == SegmentHeaderLayout.Size || _blocks.Exists(b => b.End == offset) || IsInRun(offset - 1);

    private bool IsInRun(long offset) => _runs.Exists(r => offset >= r.From && offset < r.To);

    private int LowerBound(long offset)
    {
        int low = 0;
        int high = _records.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (_records[middle].Offset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
