using PackStore.Format;

namespace PackStore.Verification;

/// <summary>How far a segment goes, as far as that is known before it is walked.</summary>
/// <param name="Sure">Up to here trailer or checkpoint promise records: what is none is damage.</param>
/// <param name="End">Up to here HEAD, a hint, promises some more.</param>
/// <param name="TailEnd">Up to here an unclean stop may have left whole records, torn ones, or nothing.</param>
/// <param name="DirectoryOffset">Offset of the last directory block, 0 if it is not known.</param>
/// <param name="HasTrailer">Whether a sound trailer says so.</param>
internal sealed record SegmentExtent(long Sure, long End, long TailEnd, long DirectoryOffset, bool HasTrailer)
{
    /// <summary>Finds it out.</summary>
    /// <param name="id">The segment.</param>
    /// <param name="length">Length of its file.</param>
    /// <param name="trailer">Its trailer, if there is a sound one.</param>
    /// <param name="listed">What the checkpoint says of it.</param>
    /// <param name="keepsCommitted">Whether what the checkpoint calls committed must be there, or only what it calls
    /// durable.</param>
    /// <param name="isWhole">Whether no power cut came between what was written and now. After one nothing is promised
    /// but what was durable, as for a recovery.</param>
    /// <param name="head">HEAD, read before the trailer, so that a segment that has no trailer then was active or
    /// left over.</param>
    public static SegmentExtent Find(
        int id, long length, SegmentTrailer? trailer, CheckpointSegment? listed, bool keepsCommitted,
        bool isWhole, (RecordLocation Committed, RecordLocation Directory)? head)
    {
        if (!isWhole && (trailer is null || trailer.CommittedEnd > (listed?.DurableEnd ?? 0)))
        {
            return AfterPowerCut(length, trailer?.CommittedEnd ?? length, listed);
        }

        if (trailer is not null)
        {
            return new SegmentExtent(
                trailer.CommittedEnd, trailer.CommittedEnd, trailer.CommittedEnd, trailer.FooterOffset, true);
        }

        long promised = listed is not { } entry ? 0 : keepsCommitted ? entry.CommittedEnd : entry.DurableEnd;
        long sure = Math.Min(Math.Max(SegmentHeaderLayout.Size, promised), Math.Max(length, SegmentHeaderLayout.Size));
        long directory = listed?.DirectoryOffset ?? 0;
        if (head is not { } now || now.Committed.SegmentId < id)
        {
            // Without HEAD the tail is looked through; one that HEAD has not reached yet is being begun.
            return new SegmentExtent(sure, sure, head is null ? length : sure, directory, false);
        }

        if (now.Committed.SegmentId > id)
        {
            return new SegmentExtent(sure, sure, listed is { IsSealed: true } ? sure : length, directory, false);
        }

        long end = now.Committed.Offset <= length ? Math.Max(sure, now.Committed.Offset) : sure;
        if (now.Directory.SegmentId == id && now.Directory.Offset < end)
        {
            directory = Math.Max(directory, now.Directory.Offset);
        }

        return new SegmentExtent(sure, end, end, directory, false);
    }

    private static SegmentExtent AfterPowerCut(long length, long tailEnd, CheckpointSegment? listed)
    {
        long whole = Math.Max(length, SegmentHeaderLayout.Size);
        long sure = Math.Clamp(listed?.DurableEnd ?? 0, SegmentHeaderLayout.Size, whole);
        long directory = listed is { } entry && entry.DirectoryOffset < sure ? entry.DirectoryOffset : 0;
        return new SegmentExtent(sure, sure, Math.Max(tailEnd, sure), directory, false);
    }
}
