using PackStore.Engine.Opening;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Index;
using PackStore.Loose;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Importing;

/// <summary>
/// Appends imported artifacts unless the store has one as new or newer. What is there is read, and the append made, in
/// one turn of the write lock, so that no put can come between the two.
/// </summary>
internal sealed class StoreImport : IImportTarget
{
    private readonly StoreEngine _engine;
    private readonly StoreCore _core;
    private readonly ImportLookup _lookup;

    // Records of a higher number were put, or imported, since this import began.
    private readonly ulong _firstSequence;
    private long _neededBytes;

    public StoreImport(StoreEngine engine)
    {
        _engine = engine;
        _core = engine.Core;
        _lookup = new ImportLookup(engine);
        _firstSequence = ReadSequence();
    }

    /// <inheritdoc/>
    public long LooseFrom => _engine.Encoder!.LooseFrom;

    /// <inheritdoc/>
    public long MaxRecordLength => _engine.Writes!.MaxRecordLength;

    /// <inheritdoc/>
    public long NeededBytes => Interlocked.Read(ref _neededBytes);

    /// <inheritdoc/>
    public bool Holds(in ArtifactKey key, in ImportClaim claim) => _lookup.Holds(key, claim);

    /// <inheritdoc/>
    public bool HoldsPayload(in ArtifactKey key, in ImportClaim claim, int index, long length, ulong checksum) =>
        _lookup.HoldsPayload(key, claim, index, length, checksum);

    /// <inheritdoc/>
    public LooseFile TakeFile(
        in ArtifactKey key, int index, IStoreFile source, long offset, long length, string? linkFrom,
        PayloadObserver observe) =>
        _core.Loose.Adopter.Take(key, index, source, offset, length, linkFrom, bytes => observe(bytes));

    /// <inheritdoc/>
    public void Drop(in LooseFile file)
    {
        _core.Loose.Delete(file.Name);
        _engine.Admission.Release(file.Charged);
    }

    /// <inheritdoc/>
    public ImportedPut Prepare(ImportedArtifact artifact)
    {
        EncodedPut put = _engine.Encoder!.EncodeImported(artifact);
        return new ImportedPut(artifact.Key, artifact.OrderUnixMs, put.Record!, put);
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<ImportedPut> puts)
    {
        // As if all of them were appended: which ones are is known only under the lock.
        long bytes = puts.Sum(static p => (long)p.Record.RecordLength);
        _engine.Admission.Charge(bytes);
        try
        {
            AppendCharged(puts);
        }
        finally
        {
            _engine.Admission.Release(bytes);
        }
    }

    private void AppendCharged(IReadOnlyList<ImportedPut> puts)
    {
        _engine.Checkpoints!.EnsureMarked();
        ulong before = ReadSequence();
        ulong[] sound = new ulong[puts.Count];
        for (int i = 0; i < sound.Length; i++)
        {
            sound[i] = _lookup.FindSound(puts[i]);
        }

        List<PreparedRecord> records = new(puts.Count);
        HashSet<ulong> hashes = new(puts.Count);
        lock (_core.WriteLock)
        {
            for (int i = 0; i < puts.Count; i++)
            {
                ImportedPut put = puts[i];
                if (!hashes.Add(put.Record.Hash))
                {
                    // Perhaps the same key: what comes first must be there to be compared with.
                    AppendAll(records);
                }

                if (Judge(put, sound[i], before))
                {
                    records.Add(put.Record);
                }
            }

            AppendAll(records);
        }

        if (_core.Options.Durability == Durability.OnCommit)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Own(in ArtifactKey key)
    {
        ArtifactKey owned = key;
        _lookup.Look(key, (record, header) =>
        {
            for (int i = 0; i < header.DescriptorCount; i++)
            {
                PayloadDescriptor payload = RecordBody.ReadDescriptor(record, header.KeyLength, i);
                if (payload is { Tier: PayloadTier.Loose, SharesInode: false })
                {
                    _core.Loose.Adopter.Own(StoreFileNames.LooseFile(owned.Bytes, i, payload.Place));
                }
            }

            return true;
        }, out _);
    }

    /// <inheritdoc/>
    public void Flush() => _engine.Commits!.FlushNow();

    private ulong ReadSequence()
    {
        lock (_core.WriteLock)
        {
            return _engine.Writer!.Sequence;
        }
    }

    private void AppendAll(List<PreparedRecord> records)
    {
        if (records.Count > 0)
        {
            _engine.Writes!.AppendAll(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(records), out _);
            foreach (PreparedRecord record in records)
            {
                Interlocked.Add(ref _neededBytes, record.RecordLength + record.Loose.Bytes);
            }

            records.Clear();
        }
    }

    /// <summary>Compares with what is there, under the write lock; says whether to append. What is there counts if it
    /// was found sound before, or came since.</summary>
    private bool Judge(ImportedPut put, ulong sound, ulong before)
    {
        if (_lookup.IsPending(put.Key))
        {
            put.Verdict = ImportVerdict.Older;
            return false;
        }

        if (!TryFind(put.Key, put.Record.Hash, out Segment? segment, out long offset, out ulong sequence)
            || (sequence != sound && sequence <= before))
        {
            put.Verdict = ImportVerdict.Imported;
            return true;
        }

        if (!RecordReader.TryReadRecord(segment!, offset, out RecordHeader header, out ReadOnlySpan<byte> there, out _))
        {
            // It was sound a moment ago; that its pages cannot be had now says nothing against it.
            put.Verdict = ImportVerdict.Older;
            return false;
        }

        if (RecordContent.IsSame(put.Record.Front.Span, there))
        {
            put.Verdict = ImportVerdict.Same;
            NoteUse(put);
            return false;
        }

        put.Differs = true;
        if (RecordContent.StoredAt(there, header) >= put.OrderUnixMs)
        {
            put.Verdict = ImportVerdict.Older;
            return false;
        }

        bool isOurs = sequence > _firstSequence
            && RecordContent.Provenance(there, header) != ArtifactProvenance.Put;
        put.Verdict = isOurs ? ImportVerdict.Replaced : ImportVerdict.Imported;
        return true;
    }

    private bool TryFind(
        in ArtifactKey key, ulong hash, out Segment? segment, out long offset, out ulong sequence)
    {
        StoreState state = _core.State;
        segment = null;
        (offset, sequence) = (0, 0);
        if (state.Recovery is { } runs
            && runs.TryFindNewest(state, key, hash, out RecordLocation location, out bool removed))
        {
            offset = location.Offset;
            if (removed || !state.Segments.TryGet(location.SegmentId, out segment)
                || !RecordReader.TryReadHeader(segment, offset, out RecordHeader newest, out _))
            {
                return false;
            }

            sequence = newest.Sequence;
            return true;
        }

        if (!IndexMerger.TryFindKey(_core, state, key, hash, out IndexProbe probe, out RecordHeader header)
            || header.Kind != RecordKind.Artifact)
        {
            return false;
        }

        (offset, sequence) = (IndexWord.Offset(probe.Word), header.Sequence);
        return state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out segment);
    }

    // The old program moves stored-at on when an entry is used.
    private void NoteUse(ImportedPut put)
    {
        StoreState state = _core.State;
        if (IndexMerger.TryFindKey(_core, state, put.Key, put.Record.Hash, out IndexProbe probe, out _)
            && probe.Hour < put.Record.Hour)
        {
            probe.SetHour((ushort)put.Record.Hour);
            state.Table.NoteRecencyChange();
        }
    }
}
