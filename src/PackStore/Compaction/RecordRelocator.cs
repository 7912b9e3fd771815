using System.Buffers;
using System.Runtime.InteropServices;
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

/// <summary>Copies records into a segment of copies: reads neighbours together, by calls and not through the map,
/// checks each in full, writes them together.</summary>
internal sealed class RecordRelocator(StoreCore core, CompactionThrottle throttle, CompactionTally tally)
{
    private const int WindowBytes = 1 << 20;
    private const int WindowRecords = 1024;

    /// <summary>Dead bytes between two records up to which one read gets both.</summary>
    private const int NearBytes = 32 << 10;

    /// <summary>Longer records are checked and copied piece by piece.</summary>
    private const int LongRecordBytes = 8 << 20;

    /// <summary>Whether a record can be read together with those before it, of which the first is given.</summary>
    public static bool IsNear(LiveRecord[] records, int first, int next)
    {
        DirectoryEntry before = records[next - 1].Entry;
        DirectoryEntry entry = records[next].Entry;
        long gap = entry.Offset - (before.Offset + before.Length);
        return gap is >= 0 and <= NearBytes && next - first < WindowRecords
            && entry.Offset + entry.Length - records[first].Entry.Offset <= WindowBytes;
    }

    /// <summary>Copies neighbours.</summary>
    public void Copy(Victim victim, IStoreFile file, LiveRecord[] records, CopyKind kind, OutputSegment output)
    {
        DirectoryEntry first = records[0].Entry;
        DirectoryEntry last = records[^1].Entry;
        long span = last.Offset + last.Length - first.Offset;
        if (kind == CopyKind.Tombstone)
        {
            LeaveTombstones(victim, file, records, output);
            throttle.Done(records.Length * (long)FormatLimits.TombstoneBytes);
            return;
        }

        if (span > LongRecordBytes)
        {
            CopyLong(victim, file, records[0], output);
        }
        else
        {
            CopyWindow(victim, file, records, output);
        }

        file.Advise(FileAdvice.NotNeeded, first.Offset, span);
        throttle.Done(2 * span);
    }

    /// <summary>Of records that are not live only the key is wanted.</summary>
    private void LeaveTombstones(Victim victim, IStoreFile file, LiveRecord[] records, OutputSegment output)
    {
        List<LiveRecord> copied = [];
        List<ReadOnlyMemory<byte>> bytes = [];
        byte[] front = new byte[FormatLimits.TombstoneBytes];
        foreach (LiveRecord record in records)
        {
            int read = Read(victim, file, record.Entry.Offset, front);
            if (RecordCheck.TryReadKey(core, front.AsSpan(0, read), record.Entry, out ArtifactKey key))
            {
                Leave(key, record, copied, bytes);
            }
        }

        Append(victim, copied, bytes, output);
    }

    private void CopyWindow(Victim victim, IStoreFile file, LiveRecord[] records, OutputSegment output)
    {
        long from = records[0].Entry.Offset;
        int span = (int)(records[^1].Entry.Offset + records[^1].Entry.Length - from);
        byte[] window = ArrayPool<byte>.Shared.Rent(span);
        try
        {
            int read = Read(victim, file, from, window.AsSpan(0, span));
            List<LiveRecord> copied = [];
            List<ReadOnlyMemory<byte>> bytes = [];
            foreach (LiveRecord record in records)
            {
                int at = (int)(record.Entry.Offset - from);
                ReadOnlyMemory<byte> found = window.AsMemory(at, Math.Clamp(read - at, 0, record.Entry.Length));
                if (RecordCheck.FindProblem(core, found.Span, record.Entry, out ArtifactKey? key) is { } problem)
                {
                    Report(victim, record.Entry, problem, key);
                    if (key is { } known)
                    {
                        Leave(known, record, copied, bytes);
                    }
                }
                else
                {
                    copied.Add(record);
                    bytes.Add(found);
                }
            }

            Append(victim, copied, bytes, output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private void CopyLong(Victim victim, IStoreFile file, in LiveRecord record, OutputSegment output)
    {
        ArtifactKey? key;
        string? problem;
        try
        {
            problem = RecordCheck.FindProblem(core, file, record.Entry, out key, throttle.Token);
        }
        catch (IOException e)
        {
            throw new VictimUnreadableException(victim.Segment.Name, e);
        }

        if (problem is null)
        {
            output.Append(victim.Segment.Id, record, file);
            return;
        }

        Report(victim, record.Entry, problem, key);
        if (key is { } known)
        {
            List<LiveRecord> copied = [];
            List<ReadOnlyMemory<byte>> bytes = [];
            Leave(known, record, copied, bytes);
            Append(victim, copied, bytes, output);
        }
    }

    /// <summary>A tombstone in the place of a record, so that no older version comes back. It has the record's number:
    /// whatever is newer stays newer.</summary>
    private static void Leave(
        in ArtifactKey key, in LiveRecord record, List<LiveRecord> copied, List<ReadOnlyMemory<byte>> bytes)
    {
        using PreparedRecord tombstone = PreparedRecord.Tombstone(key, record.Entry.Hash);
        tombstone.SetSequence(record.Entry.Sequence);
        copied.Add(new LiveRecord(record.AsCopied(CopyKind.Tombstone), record.Hour));
        bytes.Add(tombstone.Front.ToArray());
    }

    private static void Append(
        Victim victim, List<LiveRecord> copied, List<ReadOnlyMemory<byte>> bytes, OutputSegment output)
    {
        if (copied.Count > 0)
        {
            output.Append(
                victim.Segment.Id, CollectionsMarshal.AsSpan(copied), CollectionsMarshal.AsSpan(bytes));
        }
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
