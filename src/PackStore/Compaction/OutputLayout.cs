using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>Where records will stand in a segment of copies, and how long its file will be: counted before, and instead
/// of, being written.</summary>
internal sealed class OutputLayout(long capacity)
{
    private int _pending;
    private int _blocks;
    private int _total;

    /// <summary>No record, footer or trailer reaches beyond this offset.</summary>
    public long Capacity => capacity;

    /// <summary>Offset behind the last record.</summary>
    public long End { get; private set; } = SegmentHeaderLayout.Size;

    /// <summary>Number of records.</summary>
    public int Count => _total;

    /// <summary>Whether a directory block comes next.</summary>
    public bool IsDirectoryDue => _pending >= FormatLimits.RecordsPerDirectory;

    /// <summary>Length that the file would have if it ended here.</summary>
    public long FileLength =>
        (FormatLimits.AlignRecord(End + DirectoryBlock.MeasureRecord(_pending, _blocks, _total))
            + SegmentTrailerLayout.Size + FormatLimits.BlockAlignment - 1) & ~(FormatLimits.BlockAlignment - 1L);

    /// <summary>An empty layout that a record fits into. A store may have been written with other segment sizes than
    /// its usual one.</summary>
    public static OutputLayout For(long usual, in DirectoryEntry record)
    {
        long capacity = usual;
        while (capacity < PackStoreOptions.MaxSegmentSizeBytes && !new OutputLayout(capacity).TryAdd(record))
        {
            capacity = Math.Min(2 * capacity, PackStoreOptions.MaxSegmentSizeBytes);
        }

        return new OutputLayout(capacity);
    }

    /// <summary>Adds a record if it fits with footer and trailer behind it.</summary>
    public bool TryAdd(in DirectoryEntry record)
    {
        long at = SegmentAppender.PlaceOfCopy(End, record);
        if (at + record.Length + DirectoryBuilder.FooterBytes(_pending, _blocks, _total, 1) > capacity)
        {
            return false;
        }

        End = at + record.Length;
        _pending++;
        _total++;
        return true;
    }

    /// <summary>Adds the directory block that is due, where there is room for one.</summary>
    public void AddDirectory()
    {
        if (End + DirectoryBuilder.BlockAndFooterBytes(_pending, _blocks, _total) <= capacity)
        {
            End += DirectoryBlock.MeasureRecord(_pending, _blocks, 0);
            _pending = 0;
            _blocks++;
        }
    }
}
