using PackStore.Format;

namespace PackStore.Verification;

/// <summary>
/// What a segment's directory blocks say, read before its records: so a record whose header is damaged is still known
/// by length and hash.
/// </summary>
internal sealed class SegmentDirectory
{
    private readonly List<DirectoryEntry> _entries = [];
    private readonly SortedSet<long> _blocks = [];
    private bool? _isBelievable;

    /// <summary>All entries by offset.</summary>
    public IReadOnlyList<DirectoryEntry> Entries => _entries;

    /// <summary>Offset behind the last block, 0 if there is none that is sound.</summary>
    public long End { get; private set; }

    /// <summary>Whether the last block is a sound footer.</summary>
    public bool EndsInFooter { get; private set; }

    /// <summary>Blocks that could not be read, with what was wrong.</summary>
    public List<(long Offset, string Problem)> Problems { get; } = [];

    /// <summary>Reads the last block and those it names.</summary>
    public static SegmentDirectory Load(FileWindow window, long last, long end)
    {
        SegmentDirectory result = new();
        if (last < SegmentHeaderLayout.Size)
        {
            return result;
        }

        List<long> earlier = [];
        result.Take(window, last, end, earlier, isLast: true);
        foreach (long offset in earlier)
        {
            result.Take(window, offset, last, null, isLast: false);
        }

        result._entries.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        return result;
    }

    /// <summary>Whether a directory block must stand at an offset.</summary>
    public bool IsBlock(long offset) => _blocks.Contains(offset);

    /// <summary>The entry of the record at an offset.</summary>
    public bool TryGet(long offset, out DirectoryEntry entry)
    {
        int low = 0;
        int high = _entries.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (_entries[middle].Offset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        entry = low < _entries.Count ? _entries[low] : default;
        return low < _entries.Count && entry.Offset == offset;
    }

    /// <summary>Whether an entry is that of the record with this header.</summary>
    public static bool IsOf(in DirectoryEntry entry, in RecordHeader header) =>
        entry.Sequence == header.Sequence && entry.Kind == header.Kind && entry.Length == header.RecordLength;

    /// <summary>Whether it is this segment's: a block that is sound may still have come from elsewhere with a misplaced
    /// sector. Most of the sound headers that it lists are what it says, if it is.</summary>
    public bool IsBelievable(FileWindow window, long end)
    {
        if (_isBelievable is { } known)
        {
            return known;
        }

        long right = 0;
        long wrong = 0;
        foreach (DirectoryEntry entry in _entries)
        {
            if (RecordHeader.TryRead(
                window.Read(entry.Offset, RecordHeaderLayout.Size), end - entry.Offset, out RecordHeader header))
            {
                bool isRight = IsOf(entry, header);
                right += isRight ? 1 : 0;
                wrong += isRight ? 0 : 1;
            }
        }

        _isBelievable = right > wrong;
        return right > wrong;
    }

    private void Take(FileWindow window, long offset, long end, List<long>? earlier, bool isLast)
    {
        _blocks.Add(offset);
        ReadOnlySpan<byte> line = window.Read(offset, RecordHeaderLayout.Size);
        if (!RecordHeader.TryRead(line, end - offset, out RecordHeader header, out string? problem))
        {
            Problems.Add((offset, problem ?? "no record header"));
            return;
        }

        ReadOnlySpan<byte> record = window.Read(offset, header.RecordLength);
        if (record.Length < header.RecordLength
            || !DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out problem))
        {
            Problems.Add((offset, problem ?? "the file ends within it"));
            return;
        }

        for (int i = 0; i < block.Count; i++)
        {
            DirectoryEntry entry = block[i];
            if (entry.Offset >= SegmentHeaderLayout.Size && entry.Offset % FormatLimits.RecordAlignment == 0
                && entry.Length >= RecordHeaderLayout.Size && entry.Length <= offset - entry.Offset)
            {
                _entries.Add(entry);
            }
        }

        EndsInFooter |= isLast && block.IsFooter;
        End = Math.Max(End, offset + header.RecordLength);
        for (int i = 0; earlier is not null && i < block.ContentsCount; i++)
        {
            earlier.Add(block.Contents(i).Offset);
        }
    }
}
