using PackStore.Format;

namespace PackStore.Engine.Opening;

/// <summary>
/// The segments that a checkpoint promises and that are gone, cut, or no segments any more. They stay in the
/// checkpoints to come as they were promised, until a repair: a loss must not look right because somebody opened the
/// store.
/// </summary>
internal sealed class LostSegments(CheckpointRecord? checkpoint)
{
    private readonly List<string> _missing = [];
    private readonly List<CheckpointSegment> _segments = [];

    /// <summary>What is gone or shorter, for the log.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>The segments as the checkpoints to come have to name them.</summary>
    public IReadOnlyList<CheckpointSegment> Segments => _segments;

    /// <summary>A file is shorter than it must be.</summary>
    public void NoteShort(string name, long length, long expected) =>
        _missing.Add($"{name}: {length} bytes, expected {expected}");

    /// <summary>Files are gone.</summary>
    public void NoteAbsent(IEnumerable<CheckpointSegment> absent, Func<CheckpointSegment, long> promisedEnd)
    {
        foreach (CheckpointSegment segment in absent)
        {
            _missing.Add(StoreFileNames.Segment(segment.SegmentId) + ": absent");
            Note(segment, promisedEnd(segment));
        }
    }

    /// <summary>A segment is not there as far as it was promised.</summary>
    public void Note(in CheckpointSegment segment, long promised)
    {
        if (promised > 0 && checkpoint is { IsPast: false })
        {
            _segments.Add(segment with { CommittedEnd = promised, DurableEnd = promised });
        }
    }
}
