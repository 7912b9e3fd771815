using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>What opening found out about the segments.</summary>
/// <param name="Segments">All that are there and sound enough to read.</param>
/// <param name="Runs">Records that the index does not know.</param>
/// <param name="Unsealed">Segments that were active: at most one after a clean close.</param>
/// <param name="MaxSequence">The greatest sequence number seen.</param>
/// <param name="Missing">Segments that the checkpoint names and that are gone or shorter.</param>
/// <param name="Lost">Those, and those that are no segments any more, as the checkpoints to come have to name
/// them.</param>
/// <param name="HasUnreadable">Whether something that is there could not be read just now: it may be another time, so
/// nothing may be saved that would keep the next open from looking again.</param>
/// <param name="Unsynced">Segments that are left as they are but have to be synced by the next flush.</param>
internal sealed record SegmentPlan(
    IReadOnlyList<Segment> Segments, IReadOnlyList<RecoveryRun> Runs, IReadOnlyList<UnsealedSegment> Unsealed,
    ulong MaxSequence, IReadOnlyList<string> Missing, IReadOnlyList<CheckpointSegment> Lost, bool HasUnreadable,
    IReadOnlyList<Segment> Unsynced)
{
    /// <summary>Numbers of segments that the checkpoint names, or that are there, and that cannot be read, or not as
    /// far as they should.</summary>
    public required IReadOnlySet<int> AbsentIds { get; init; }

    /// <summary>The greatest segment number that checkpoint or snapshot know: none up to it is used again.</summary>
    public required int LastKnownId { get; init; }
}

/// <summary>A segment without footer.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Builder">What its next directory block has to list.</param>
/// <param name="Gaps">Ranges between sound records that a power cut left without any: padding is put there when the
/// segment is sealed.</param>
internal sealed record UnsealedSegment(
    Segment Segment, DirectoryBuilder Builder, IReadOnlyList<(long From, long To)> Gaps);
