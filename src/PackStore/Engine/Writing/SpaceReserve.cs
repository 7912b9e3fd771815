using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>
/// Free space that puts leave alone, so that on a disk that is full for them removals, checkpoints and compaction still
/// work; and segments that are small where the disk is, so that one can be rewritten in it.
/// </summary>
/// <remarks>A sixteenth of what the disk has for this store, at most one segment. Nothing is set aside for real: others
/// who fill the disk take it too. Under the write lock.</remarks>
internal sealed class SpaceReserve(StoreCore core)
{
    private const int Share = 16;

    /// <summary>A segment is half of what is kept, so that one can be copied even when removals have used some of
    /// that.</summary>
    private const int SegmentShare = 32;
    private const long MinCapacityBytes = 64 << 10;

    /// <summary>What a segment needs beside its records: header, padding, footer, trailer.</summary>
    private const long SegmentOverheadBytes = 16 << 10;

    private readonly long _segmentBytes = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes;

    /// <summary>Refuses a put that would take what is kept. What is set aside in the active segment already may be
    /// filled.</summary>
    public void Check(SegmentAppender? active, ReadOnlySpan<PreparedRecord> records)
    {
        long bytes = LengthOf(records);
        if (records.IsEmpty || records[0].Kind != RecordKind.Artifact
            || (active is not null && bytes + FormatLimits.BlockAlignment <= active.ReservedBytes
                && active.Fits(records)))
        {
            return;
        }

        long free = core.Directory.AvailableBytes();
        long kept = Kept(free);
        // btrfs says 0 when its metadata is short, whatever room there is: then the reservation itself finds out.
        if (free > 0 && free - bytes < kept)
        {
            throw new StoreFullException(core.Directory.FullPath, bytes + kept, free);
        }
    }

    /// <summary>Free space, and what of it has to be there so that so many bytes leave what is kept.</summary>
    public (long Free, long Needed) RoomFor(long bytes)
    {
        long free = core.Directory.AvailableBytes();
        return (free, bytes + Kept(free));
    }

    /// <summary>How large the next segment may become: usual, or where the disk is small a small part of it,
    /// but large enough for what is to go into it.</summary>
    public long CapacityFor(ReadOnlySpan<PreparedRecord> records)
    {
        long free = core.Directory.AvailableBytes();
        long share = Math.Max(MinCapacityBytes, Math.Min(Usable(free) / SegmentShare, free / 2));
        long wanted = Math.Max(share, LengthOf(records) + SegmentOverheadBytes);
        return Math.Min(_segmentBytes, SnapshotHeader.Align(wanted));
    }

    /// <summary>Whether removals have used up so much of what is kept that a segment should be rewritten before the
    /// next one.</summary>
    public bool IsLow(SegmentAppender? active)
    {
        if (active is not null && active.ReservedBytes >= FormatLimits.BlockAlignment)
        {
            return false;
        }

        long free = core.Directory.AvailableBytes();
        return free < Kept(free) * 3 / 4;
    }

    private long Kept(long free) => Math.Min(_segmentBytes, Usable(free) / Share);

    private static long LengthOf(ReadOnlySpan<PreparedRecord> records)
    {
        long bytes = 0;
        foreach (PreparedRecord record in records)
        {
            bytes += record.RecordLength;
        }

        return bytes;
    }

    /// <summary>What the disk has for this store: free, in segments, or in loose files. It stays about the same however
    /// full the disk is, and with it what is kept.</summary>
    private long Usable(long free)
    {
        free += core.Accounting.Counters.LooseBytes;
        foreach (Segment segment in core.State.Segments.All)
        {
            free += segment.CommittedEnd;
        }

        return free;
    }
}
