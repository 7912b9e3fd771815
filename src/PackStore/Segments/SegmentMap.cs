using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Segments;

/// <summary>The segments of a store by number: an immutable value, swapped whole.</summary>
internal sealed class SegmentMap
{
    /// <summary>No segments.</summary>
    public static readonly SegmentMap Empty = new(1, []);

    private readonly int _first;
    private readonly Segment?[] _byNumber;
    private readonly RegionTable _regions;

    private SegmentMap(int first, Segment?[] byNumber)
    {
        _first = first;
        _byNumber = byNumber;
        _regions = new RegionTable(first, byNumber.Length);
        foreach (Segment segment in All)
        {
            segment.PublishTo(_regions);
        }
    }

    /// <summary>All segments in order of their numbers.</summary>
    public IEnumerable<Segment> All => _byNumber.OfType<Segment>();

    /// <summary>The greatest number; 0 if there is none.</summary>
    public int LastId => _byNumber.Length == 0 ? 0 : _first + _byNumber.Length - 1;

    /// <summary>A map of these segments.</summary>
    public static SegmentMap Of(IEnumerable<Segment> segments)
    {
        List<Segment> sorted = [.. segments.OrderBy(s => s.Id)];
        if (sorted.Count == 0)
        {
            return Empty;
        }

        Segment?[] byNumber = new Segment?[sorted[^1].Id - sorted[0].Id + 1];
        foreach (Segment segment in sorted)
        {
            byNumber[segment.Id - sorted[0].Id] = segment;
        }

        return new SegmentMap(sorted[0].Id, byNumber);
    }

    /// <summary>This map and one more segment.</summary>
    public SegmentMap With(Segment segment) => Of(All.Append(segment));

    /// <summary>This map without some segments.</summary>
    public SegmentMap Without(IEnumerable<Segment> segments) => Of(All.Except(segments));

    /// <summary>Finds a segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int id, [NotNullWhen(true)] out Segment? segment)
    {
        uint index = (uint)(id - _first);
        Segment?[] byNumber = _byNumber;
        segment = index < (uint)byNumber.Length ? byNumber[index] : null;
        return segment is not null;
    }

    /// <summary>Reads a record by the length that stands in it, if all of it is mapped and resident now, else nothing;
    /// see <see cref="RegionTable.ReadSized"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadHot(ulong word, byte residency) => _regions.ReadSized(
        IndexWord.SegmentId(word), IndexWord.Offset(word), RecordHeaderLayout.RecordLengthOffset, residency);

    /// <summary>Reads again what was read in the same epoch section; false if that has to be done through the
    /// segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadAgain(ulong word, int length, out ReadOnlySpan<byte> record) =>
        _regions.TryReadAgain(IndexWord.SegmentId(word), IndexWord.Offset(word), length, out record);

    /// <summary>Asks the processor to fetch the first lines of a record. A hint: does no harm where none is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchHot(ulong word) => _regions.Prefetch(IndexWord.SegmentId(word), IndexWord.Offset(word));

    /// <summary>Notes that a segment of this map has been mapped since the map was made.</summary>
    public void NoteMapped(Segment segment)
    {
        if (!_regions.IsSet(segment.Id))
        {
            segment.PublishTo(_regions);
        }
    }
}
