using System.Buffers;
using PackStore.Engine;
using PackStore.Engine.Opening;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Payloads;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction.Rewriting;

/// <summary>Tells how many bytes a segment would lose if its cold payloads were compressed: tries some of them, at the
/// level that they would be compressed at.</summary>
/// <remarks>What has been tried by a job and did not pay is still raw, and does not pay here either: a segment of such
/// payloads is not chosen again and again, and a store that was recompressed is left alone by the next job. Nothing on
/// disk has to say so.</remarks>
internal sealed class RecompressionScout(
    StoreCore core, Segment? active, RewritePolicy policy, PayloadEncoder encoder, CancellationToken token)
{
    private const int MostRecords = 16;
    private const long MostBytes = 16 << 20;
    private readonly SegmentDirectories _directories = new(core);

    /// <summary>About how many bytes of a segment would be saved.</summary>
    public long SavingsOf(Segment segment)
    {
        try
        {
            List<DirectoryEntry> cold = FindCold(segment);
            return cold.Count == 0 ? 0 : Try(segment, cold);
        }
        catch (IOException e)
        {
            // Not chosen for this. Whoever verifies is told.
            core.Log.HintFailed(segment.Name, e);
            return 0;
        }
    }

    private List<DirectoryEntry> FindCold(Segment segment)
    {
        if (!segment.TryOpen(out string problem))
        {
            throw new IOException($"{segment.Name}: {problem}.");
        }

        // The directory of the segment that is appended to is on the move.
        List<DirectoryEntry> all = segment == active
            ? RecoveryRun.Walk(
                core, segment, SegmentHeaderLayout.Size, segment.CommittedEnd, resynchronise: true, out _)
            : _directories.ReadAll(segment, out _);
        List<DirectoryEntry> cold = [];
        foreach (DirectoryEntry entry in all)
        {
            if (entry.Length >= RewritePolicy.LeastCompressed
                && SegmentExchange.IsLive(
                    core, entry.Hash, new RecordLocation(segment.Id, entry.Offset), out ushort hour)
                && policy.MayCompress(new LiveRecord(entry, hour)))
            {
                cold.Add(entry);
            }
        }

        cold.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        return cold;
    }

    /// <summary>Compresses payloads of records spread over the segment, and takes the others to be like them.</summary>
    private long Try(Segment segment, List<DirectoryEntry> cold)
    {
        using IStoreFile file = core.Directory.TryOpen(segment.Name, writable: false)
            ?? throw new IOException($"{segment.Name}: absent.");
        int step = Math.Max(1, (cold.Count + MostRecords - 1) / MostRecords);
        long tried = 0;
        long saved = 0;
        for (int i = step / 2; i < cold.Count && tried < MostBytes; i += step)
        {
            token.ThrowIfCancellationRequested();
            tried += cold[i].Length;
            saved += SavedOf(file, cold[i]);
        }

        return tried == 0 ? 0 : (long)((double)saved / tried * cold.Sum(static e => (long)e.Length));
    }

    private long SavedOf(IStoreFile file, in DirectoryEntry entry)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(entry.Length);
        try
        {
            int read = file.Read(entry.Offset, buffer.AsSpan(0, entry.Length));
            file.Advise(FileAdvice.NotNeeded, entry.Offset, entry.Length);
            ReadOnlySpan<byte> record = buffer.AsSpan(0, read);
            if (read < entry.Length || !RecordHeader.TryRead(record, read, out RecordHeader header)
                || header.Kind != RecordKind.Artifact
                || RecordReader.FindProblem(record, header, payloads: false, out _) is not null)
            {
                return 0;
            }

            long saved = 0;
            foreach (PayloadDescriptor payload in RecordBody.ReadDescriptors(record, header))
            {
                if (policy.FateOf(payload, isCold: true) == PayloadFate.Compress)
                {
                    byte[]? frame = encoder(record.Slice((int)payload.Place, (int)payload.StoredLength));
                    saved += frame is null ? 0 : payload.StoredLength - frame.Length;
                }
            }

            return saved;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
