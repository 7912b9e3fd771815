namespace PackStore.Format;

/// <summary>Where a record starts: segment number and offset in bytes, a multiple of 64.</summary>
/// <remarks>Ordered by segment, then offset.</remarks>
internal readonly record struct RecordLocation(int SegmentId, long Offset) : IComparable<RecordLocation>
{
    /// <inheritdoc/>
    public int CompareTo(RecordLocation other) =>
        SegmentId != other.SegmentId ? SegmentId.CompareTo(other.SegmentId) : Offset.CompareTo(other.Offset);

    /// <inheritdoc/>
    public override string ToString() => $"{StoreFileNames.Segment(SegmentId)}@{Offset}";
}
