using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>
/// Where a leased record stands and when it was last used, in one word: either the <see cref="IndexWord"/> that led to
/// it, whose verified bit is set (used in the current hour), or, with that bit clear, a location with the hour in place
/// of the tag. Segment 0 is none: a record that is in no segment yet.
/// </summary>
internal static class LeasePlace
{
    /// <summary>A place with an hour.</summary>
    public static ulong Of(RecordLocation location, int hour) => IndexWord.Make((ushort)hour, location);

    /// <summary>The hour of last use.</summary>
    public static ushort Hour(ulong place, StoreCore core) =>
        (ushort)((place & IndexWord.Verified) != 0 ? (ulong)core.Hour : place >> IndexWord.TagShift);

    /// <summary>The segment; null if the record is in none yet.</summary>
    public static Segment? Segment(ulong place, StoreState state) =>
        state.Segments.TryGet(IndexWord.SegmentId(place), out Segment? segment) ? segment : null;
}
