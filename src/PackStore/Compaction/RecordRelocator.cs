using System.Buffers;
using PackStore.Compaction.Rewriting;
using PackStore.Engine;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>What a copy is to be.</summary>
internal enum CopyKind
{
    /// <summary>The record, byte for byte.</summary>
    Verbatim,

    /// <summary>A tombstone with the record's key and sequence number.</summary>
    Tombstone,
}

/// <summary>Makes copies of records: reads neighbours together, by calls and not through the map, checks each in full,
/// and has those rewritten that are to be stored in another way.</summary>
internal sealed class RecordRelocator(
    StoreCore core, CompactionThrottle throttle, CompactionTally tally, RecordRewriter rewriter)
{
    private const int WindowBytes = 1 << 20;
    private const int WindowRecords = 1024;

    /// <summary>Dead bytes between two records up to which one read gets both.</summary>
    private const int NearBytes = 32 << 10;

    /// <summary>Longer records are checked and copied piece by piece.</summary>
    private const int LongRecordBytes = RewritePolicy.MostRecordBytes;

    /// <summary>How many records from one on can be read together.</summary>
    public static int CountNear(LiveRecord[] records, int first)
    {
        int next = first + 1;
        while (next < records.Length && IsNear(records, first, next))
        {
            next++;
        }

        return next - first;
    }

    private static bool IsNear(LiveRecord[] records, int first, int next)
    {
        DirectoryEntry before = records[next - 1].Entry;
        DirectoryEntry entry = records[next].Entry;
        long gap = entry.Offset - (before.Offset + before.Length);
        return gap is >= 0 and <= NearBytes && next - first < WindowRecords
            && entry.Offset + entry.Length - records[first].Entry.Offset <= WindowBytes;
    }

    /// <summary>Makes copies of neighbours. The caller appends them, disposes them, and calls <see
    /// cref="Done"/>.</summary>
    public CopyBatch Read(Victim victim, IStoreFile file, LiveRecord[] records, CopyKind kind)
    {
        if (kind == CopyKind.Tombstone)
        {
            return LeaveTombstones(victim, file, records);
        }

        return SpanOf(records) > LongRecordBytes
            ? CopyLong(victim, file, records[0])
            : CopyWindow(victim, file, records);
    }

    /// <summary>Copies have been appended: rests as long as is asked for.</summary>
    public void Done(IStoreFile file, LiveRecord[] records, CopyKind kind, CopyBatch batch)
    {
        if (kind == CopyKind.Tombstone)
        {
            throttle.Done(records.Length * (long)FormatLimits.TombstoneBytes);
            return;
        }

        long span = SpanOf(records);
        file.Advise(FileAdvice.NotNeeded, records[0].Entry.Offset, span);
        throttle.Done((2 * span) + batch.ExtraBytes);
    }

    private static long SpanOf(LiveRecord[] records) =>
        records[^1].Entry.Offset + records[^1].Entry.Length - records[0].Entry.Offset;

    /// <summary>Of records that are not live only the key is wanted.</summary>
    private CopyBatch LeaveTombstones(Victim victim, IStoreFile file, LiveRecord[] records)
    {
        CopyBatch batch = new(core, null);
        byte[] front = new byte[FormatLimits.TombstoneBytes];
        foreach (LiveRecord record in records)
        {
            int read = Read(victim, file, record.Entry.Offset, front);
            if (RecordCheck.TryReadKey(core, front.AsSpan(0, read), record.Entry, out ArtifactKey key))
            {
                batch.Add(Leave(key, record));
            }
        }

        return batch;
    }

    private CopyBatch CopyWindow(Victim victim, IStoreFile file, LiveRecord[] records)
    {
        long from = records[0].Entry.Offset;
        int span = (int)SpanOf(records);
        byte[] window = ArrayPool<byte>.Shared.Rent(span);
        CopyBatch batch = new(core, window);
        try
        {
            int read = Read(victim, file, from, window.AsSpan(0, span));
            foreach (LiveRecord record in records)
            {
                int at = (int)(record.Entry.Offset - from);
                ReadOnlyMemory<byte> found = window.AsMemory(at, Math.Clamp(read - at, 0, record.Entry.Length));
                string? problem = RecordCheck.FindProblem(core, found.Span, record.Entry, out ArtifactKey? key);
                Add(batch, victim, record, problem, key, found, new SourceRecord(found, null, 0));
            }

            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private CopyBatch CopyLong(Victim victim, IStoreFile file, in LiveRecord record)
    {
        CopyBatch batch = new(core, null);
        try
        {
            string? problem = RecordCheck.FindProblem(core, file, record.Entry, out ArtifactKey? key, throttle.Token);
            byte[] front = problem is null && rewriter.MayChange(record)
                ? RecordCheck.ReadFront(file, record.Entry)
                : [];
            Add(batch, victim, record, problem, key, null, new SourceRecord(front, file, record.Entry.Offset));
            return batch;
        }
        catch (IOException e)
        {
            batch.Dispose();
            throw new VictimUnreadableException(victim.Segment.Name, e);
        }
    }

    private void Add(
        CopyBatch batch, Victim victim, in LiveRecord record, string? problem, ArtifactKey? key,
        ReadOnlyMemory<byte>? bytes, in SourceRecord source)
    {
        if (problem is not null)
        {
            Report(victim, record.Entry, problem, key);
            if (key is { } known)
            {
                batch.Add(Leave(known, record));
            }

            return;
        }

        if (rewriter.MayChange(record) && rewriter.TryRewrite(victim.Segment.Id, record, source) is { } rewritten)
        {
            batch.Add(rewritten);
            batch.ExtraBytes += 2 * (rewritten.Files?.Created.Sum(static f => f.Bytes) ?? 0);
            batch.ExtraBytes += 2 * (rewritten.Files?.Dropped.Sum(static f => f.Bytes) ?? 0);
            return;
        }

        batch.Add(new RecordCopy(record, record.Entry, bytes));
    }

    /// <summary>A tombstone in the place of a record, so that no older version comes back. It has the record's number:
    /// whatever is newer stays newer.</summary>
    private static RecordCopy Leave(in ArtifactKey key, in LiveRecord record)
    {
        using PreparedRecord tombstone = PreparedRecord.Tombstone(key, record.Entry.Hash);
        tombstone.SetSequence(record.Entry.Sequence);
        return new RecordCopy(record, record.AsCopied(CopyKind.Tombstone), tombstone.Front.ToArray());
    }

    /// <summary>What a power cut tore before anybody was promised it is no damage.</summary>
    private void Report(Victim victim, in DirectoryEntry entry, string problem, ArtifactKey? key)
    {
        if (entry.Offset >= victim.Segment.TrustedEnd)
        {
            return;
        }

        victim.IsDamaged = true;
        tally.Damage.Add(new VerifyFinding(
            key is null ? VerifyFindingKind.Header : VerifyFindingKind.Payload, victim.Segment.Name, entry.Offset,
            entry.Length, key, problem));
        core.Metrics.Damaged();
        core.Log.Damaged(victim.Segment.Name, entry.Offset, problem);
    }

    private static int Read(Victim victim, IStoreFile file, long offset, Span<byte> window)
    {
        try
        {
            return file.Read(offset, window);
        }
        catch (IOException e)
        {
            throw new VictimUnreadableException(victim.Segment.Name, e);
        }
    }
}
