using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Loose;
using PackStore.Payloads;
using PackStore.Segments;

namespace PackStore.Compaction.Rewriting;

/// <summary>Makes copies whose payloads are stored in another way than in the record: compressed, or in another
/// tier. Key, sequence number, metadata and the bytes that a caller sees are the same.</summary>
/// <remarks>Whatever is not certain leaves the record as it is: a copy is read again in full and compared with what it
/// was made of before anything of it is written.</remarks>
internal sealed class RecordRewriter(
    StoreCore core, RewritePolicy policy, PayloadEncoder? encoder, CompactionTally tally, long maxRecordLength)
{
    /// <summary>Left free on the disk beside what is copied.</summary>
    private const long SpareBytes = 1 << 20;

    private readonly long _mostBytes = Math.Min(maxRecordLength, RewritePolicy.MostRecordBytes);
    private long _foldBudget;
    private long _liveBytes;

    /// <summary>Begins with the records of a victim. As much is folded into segments as fits a segment beside what
    /// lives in it: before the victim goes, its copies take no more room than those of a full one.</summary>
    public void Begin(long capacity, long liveBytes)
    {
        _liveBytes = liveBytes;
        _foldBudget = Math.Max(0, capacity - liveBytes);
    }

    /// <summary>Whether a copy may differ from its record.</summary>
    public bool MayChange(in LiveRecord record) => policy.MayChange(record);

    /// <summary>What a copy would be at most, in a dry run, and counts it.</summary>
    public DirectoryEntry Plan(Segment segment, in LiveRecord record)
    {
        if (!MayChange(record) || TryDraft(segment, record) is not { Changes: true } draft)
        {
            return record.Entry;
        }

        if (draft.CompressibleBytes is > 0 and long raw)
        {
            tally.NoteRecompressed(raw, raw);
        }

        Count(draft);
        DirectoryEntry copy = draft.MovesFiles ? draft.Describe(record.Entry) : record.Entry;
        tally.LiveGrowth += copy.Length - record.Entry.Length;
        return copy;
    }

    /// <summary>Makes a copy that differs; null where the record is to be copied as it is.</summary>
    /// <param name="segmentId">The segment of the record.</param>
    /// <param name="record">The record.</param>
    /// <param name="source">Its bytes, checked.</param>
    public RecordCopy? TryRewrite(int segmentId, in LiveRecord record, in SourceRecord source)
    {
        RecordHeader header = source.Header;
        RecordDraft draft = Draft(header, source.ReadDescriptors(), record);
        if (!draft.Changes || (draft.MovesFiles && !HasRoom(draft)))
        {
            return null;
        }

        ArtifactKey key = RecordBody.ReadKey(source.Front, header.KeyLength);
        ReadOnlyMemory<byte>[] raw = new ReadOnlyMemory<byte>[draft.Before.Count];
        if (draft.Describe(record.Entry).Length > _mostBytes && record.Entry.Length > RewritePolicy.MostRecordBytes)
        {
            // What stays of a long record is long.
            return null;
        }

        if (!TryFill(segmentId, record, key, source, draft, raw) || !draft.Changes)
        {
            return null;
        }

        DirectoryEntry entry = draft.Describe(record.Entry);
        long growth = entry.Length - (long)record.Entry.Length - draft.FoldedInBytes + draft.FoldedOutBytes;
        if ((!draft.MovesFiles && growth >= 0) || (growth > 0 && core.Loose.TryCharge?.Invoke(growth) == false))
        {
            return null;
        }

        return Finish(key, record, source, draft, raw, Math.Max(0, growth));
    }

    private RecordCopy? Finish(
        in ArtifactKey key, in LiveRecord record, in SourceRecord source, RecordDraft draft,
        ReadOnlyMemory<byte>[] raw, long charged)
    {
        List<MovedFile> created = [];
        bool isMade = false;
        try
        {
            WriteFiles(key, source, draft, created);
            byte[] bytes = Encode(key, record.Entry.Hash, source, draft);
            if (FindProblem(bytes, source, draft, raw) is { } problem)
            {
                core.Log.HintFailed("A copy of a record that differs", new InvalidDataException(problem));
                return null;
            }

            isMade = true;
            _foldBudget -= draft.FoldedInBytes;
            CountMade(draft);
            MovedFiles? files = draft.MovesFiles ? new MovedFiles(key, created, Dropped(key, draft)) : null;
            return new RecordCopy(record, draft.Describe(record.Entry), bytes) { Files = files, Charged = charged };
        }
        catch (IOException e)
        {
            core.Log.HintFailed("A loose file for a copy", e);
            return null;
        }
        finally
        {
            if (!isMade)
            {
                CopyBatch.GiveUp(core, created, charged);
            }
        }
    }

    private RecordDraft Draft(in RecordHeader header, PayloadDescriptor[] payloads, in LiveRecord record) => new(
        policy, header, payloads, policy.IsCold(record.Hour) && record.Entry.Length <= RewritePolicy.MostRecordBytes,
        _mostBytes, _foldBudget);

    private RecordDraft? TryDraft(Segment segment, in LiveRecord record)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong section = EpochGate.Enter(slot);
        try
        {
            if (!RecordReader.TryReadRecord(
                    segment, record.Entry.Offset, out RecordHeader header, out ReadOnlySpan<byte> bytes, out _)
                || RecordReader.FindProblem(bytes, header, payloads: false, out _) is not null)
            {
                return null;
            }

            RecordDraft draft = Draft(header, RecordBody.ReadDescriptors(bytes, header), record);
            _foldBudget -= draft.FoldedInBytes;
            return draft;
        }
        finally
        {
            slot.Leave(section);
        }
    }

    private bool HasRoom(RecordDraft draft) => core.Directory.AvailableBytes()
        >= _liveBytes + draft.FoldedInBytes + draft.FoldedOutBytes + SpareBytes;

    /// <summary>Gets the bytes of every payload that will be in the segment, and compresses what is to be. False if a
    /// loose file is not what the record says.</summary>
    private bool TryFill(
        int segmentId, in LiveRecord record, in ArtifactKey key, in SourceRecord source, RecordDraft draft,
        ReadOnlyMemory<byte>[] raw)
    {
        for (int i = 0; i < raw.Length; i++)
        {
            PayloadDescriptor before = draft.Before[i];
            PayloadFate fate = draft.FateOf(i);
            if (draft.After[i].Descriptor.Tier == PayloadTier.Loose)
            {
                continue;
            }

            if (fate == PayloadFate.FoldIn)
            {
                string name = StoreFileNames.LooseFile(key.Bytes, i, before.Place);
                byte[]? bytes = LooseReader.TryRead(core.Directory, name, before, out string problem);
                if (bytes is null)
                {
                    Report(segmentId, record, key, name, problem);
                    return false;
                }

                raw[i] = bytes;
            }
            else
            {
                raw[i] = source.Read(before);
            }

            draft.Set(i, draft.After[i].Descriptor, raw[i]);
            byte[]? frame = draft.Compresses(i) ? encoder?.Invoke(raw[i].Span) : null;
            if (frame is not null)
            {
                draft.Set(
                    i,
                    draft.After[i].Descriptor with
                    {
                        Encoding = PayloadEncoding.Zstd,
                        StoredLength = frame.Length,
                        Checksum = Checksum.Of(frame),
                    },
                    frame);
            }
            else if (fate == PayloadFate.Compress)
            {
                draft.Keep(i);
            }
        }

        return true;
    }

    private void WriteFiles(
        in ArtifactKey key, in SourceRecord source, RecordDraft draft, List<MovedFile> created)
    {
        for (int i = 0; i < draft.Before.Count; i++)
        {
            if (draft.FateOf(i) != PayloadFate.FoldOut)
            {
                continue;
            }

            PayloadDescriptor before = draft.Before[i];
            using LooseWriter writer = core.Loose.CreateWriter(key, isCharged: false);
            source.CopyTo(writer, before);
            LooseFile file = writer.Finish(i);
            created.Add(new MovedFile(file.Name, i, file.Descriptor.Place, file.Descriptor.StoredLength));
            if (file.Descriptor.Checksum != before.Checksum)
            {
                throw new IOException($"{file.Name}: its bytes do not have the checksum of what was copied.");
            }

            // A compressed payload that goes out keeps its encoding.
            draft.Set(i, before with { Place = file.Descriptor.Place, Tier = PayloadTier.Loose }, default);
        }
    }

    private static byte[] Encode(in ArtifactKey key, ulong hash, in SourceRecord source, RecordDraft draft)
    {
        using PreparedRecord record = PreparedRecord.Reencode(
            source.Header, key, hash, source.Metadata, draft.After);
        return record.ToArray();
    }

    /// <summary>Reads a copy as a hit would and compares it with what it was made of; null if it is right.</summary>
    private static string? FindProblem(
        ReadOnlySpan<byte> copy, in SourceRecord source, RecordDraft draft, ReadOnlyMemory<byte>[] raw)
    {
        RecordHeader header = source.Header;
        if (!RecordHeader.TryRead(copy, copy.Length, out RecordHeader found, out string? problem)
            || (problem = RecordReader.FindProblem(copy, found, payloads: true, out _)) is not null)
        {
            return problem;
        }

        const RecordFlags Streams = RecordFlags.StandardOutput | RecordFlags.StandardError;
        int at = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        if (found.Kind != header.Kind || found.Count != header.Count || found.Sequence != header.Sequence
            || (found.Flags & Streams) != (header.Flags & Streams)
            || RecordBody.ReadKey(copy, found.KeyLength) != RecordBody.ReadKey(source.Front, header.KeyLength)
            || found.MetadataLength != header.MetadataLength
            || !copy.Slice(at, header.MetadataLength).SequenceEqual(source.Metadata))
        {
            return "header, key or metadata differ";
        }

        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor after = RecordBody.ReadDescriptor(copy, found.KeyLength, i);
            PayloadDescriptor before = draft.Before[i];
            bool isSame = after.Length == before.Length && (after.Tier == PayloadTier.Loose
                ? after.StoredLength == before.StoredLength && after.Checksum == before.Checksum
                : IsSame(copy.Slice((int)after.Place, (int)after.StoredLength), after, before, raw[i].Span));
            if (!isSame)
            {
                return $"payload {i} differs";
            }
        }

        return null;
    }

    private static bool IsSame(
        ReadOnlySpan<byte> stored, in PayloadDescriptor after, in PayloadDescriptor before, ReadOnlySpan<byte> raw)
    {
        if (after.Encoding == before.Encoding)
        {
            return stored.SequenceEqual(raw);
        }

        byte[] decoded = new byte[raw.Length];
        return PayloadCodec.IsPlausible(stored, raw.Length) && PayloadCodec.TryDecompress(stored, decoded)
            && raw.SequenceEqual(decoded);
    }

    private static List<MovedFile> Dropped(in ArtifactKey key, RecordDraft draft)
    {
        List<MovedFile> dropped = [];
        for (int i = 0; i < draft.Before.Count; i++)
        {
            if (draft.FateOf(i) == PayloadFate.FoldIn)
            {
                PayloadDescriptor before = draft.Before[i];
                dropped.Add(new MovedFile(
                    StoreFileNames.LooseFile(key.Bytes, i, before.Place), i, before.Place, before.StoredLength));
            }
        }

        return dropped;
    }

    private void CountMade(RecordDraft draft)
    {
        long before = 0;
        long after = 0;
        for (int i = 0; i < draft.Before.Count; i++)
        {
            if (draft.After[i].Descriptor.Encoding != draft.Before[i].Encoding)
            {
                before += draft.Before[i].StoredLength;
                after += draft.After[i].Descriptor.StoredLength;
            }
        }

        if (before > 0)
        {
            tally.NoteRecompressed(before, after);
        }

        Count(draft);
    }

    private void Count(RecordDraft draft)
    {
        tally.FoldedInFiles += draft.Count(PayloadFate.FoldIn);
        tally.FoldedInBytes += draft.FoldedInBytes;
        tally.FoldedOutFiles += draft.Count(PayloadFate.FoldOut);
        tally.FoldedOutBytes += draft.FoldedOutBytes;
    }

    /// <summary>A record that was superseded since it was listed has lost its files to that.</summary>
    private void Report(int segmentId, in LiveRecord record, in ArtifactKey key, string name, string problem)
    {
        lock (core.WriteLock)
        {
            if (!SegmentExchange.IsLive(
                core, record.Entry.Hash, new RecordLocation(segmentId, record.Entry.Offset), out _))
            {
                return;
            }
        }

        tally.Damage.Add(new VerifyFinding(VerifyFindingKind.Loose, name, 0, 0, key, problem));
        core.Metrics.Damaged();
        core.Log.Damaged(name, 0, problem);
    }
}
