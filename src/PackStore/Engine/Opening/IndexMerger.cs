using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>Brings records into the index that are in segments already: newest sequence wins, whatever order they come
/// in.</summary>
/// <remarks>Under the write lock. Tombstones are put into the index too, so that an older record merged later meets
/// them; when all is merged
/// <see cref="PurgeTombstones"/> takes them out.</remarks>
internal sealed class IndexMerger(StoreCore core)
{
    private readonly List<(ulong Hash, RecordLocation Location)> _tombstones = [];

    /// <summary>Finds the slot of a key by reading the records of all candidates.</summary>
    public static bool TryFindKey(
        StoreCore core, StoreState state, in ArtifactKey key, ulong hash, out IndexProbe probe, out RecordHeader header)
    {
        probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            if (state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment)
                && StoreCore.TryReadKey(segment, IndexWord.Offset(probe.Word), out ArtifactKey found, out header)
                && found == key)
            {
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>Whether something that was to be merged could not be read just now, and was left out.</summary>
    public bool MetUnreadable { get; private set; }

    /// <summary>Whether a record is sound to the last payload byte in its segment; <paramref name="unreadable"/> if
    /// that cannot be told just now.</summary>
    public static bool IsSound(Segment segment, long offset, out bool unreadable)
    {
        bool isRead = RecordReader.TryReadRecord(
            segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out string? problem);
        unreadable = !isRead && problem == RecordReader.Unreadable;
        return isRead && RecordReader.FindProblem(record, header, payloads: true, out _) is null;
    }

    /// <summary>Whether a record may replace an older one: sound, and its loose files are what it says. One that may
    /// not stays out for good: its
    /// segment's durable end is held, so that the next open asks again.</summary>
    public static bool MayReplace(StoreCore core, Segment segment, long offset)
    {
#if PACKSTORE_PROOF
        if (Proof.PlantedBugs.Has(Proof.PlantedBug.UncheckedReplacement))
        {
            return true;
        }

#endif
        if (offset < segment.TrustedEnd || (IsSound(segment, offset, out _) && HasLooseFiles(core, segment, offset)))
        {
            return true;
        }

        segment.HoldDurableEnd();
        return false;
    }

    private static bool HasLooseFiles(StoreCore core, Segment segment, long offset)
    {
        if (!RecordReader.TryReadRecord(segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out _))
        {
            return false;
        }

        ArtifactKey key = RecordBody.ReadKey(record, header.KeyLength);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Loose)
            {
                if (core.Loose.TryOpen(key, i, descriptor) is not { } bytes)
                {
                    return false;
                }

                bytes.Release();
            }
        }

        return true;
    }

    /// <summary>Merges one record. <paramref name="hour"/> is when it was last used, as far as is known.</summary>
    public void Merge(Segment segment, in DirectoryEntry entry, ushort hour)
    {
        StoreState state = core.State;
        RecordLocation location = new(segment.Id, entry.Offset);
        IndexProbe probe = state.Table.Probe(entry.Hash);
        IndexProbe leftOver = probe;
        bool hasLeftOver = false;
        while (probe.MoveNext())
        {
            RecordLocation known = IndexWord.Location(probe.Word);
            if (known == location)
            {
                NoteTombstone(entry, location);
                return;
            }

            if (!state.Segments.TryGet(known.SegmentId, out Segment? other))
            {
                bool isLeftOver = !core.AbsentSegments.Contains(known.SegmentId);
                leftOver = isLeftOver ? probe : leftOver;
                hasLeftOver |= isLeftOver;
                continue;
            }

            if (!StoreCore.TryReadKey(other, known.Offset, out ArtifactKey otherKey, out RecordHeader header)
                || core.HashOf(otherKey) != entry.Hash)
            {
                continue;
            }

            if (!StoreCore.TryReadKey(segment, entry.Offset, out ArtifactKey key, out _))
            {
                return;
            }

            if (key == otherKey)
            {
                MergeOver(ref probe, header, segment, entry, hour);
                return;
            }
        }

        if (entry.Offset >= segment.TrustedEnd && entry.Kind == RecordKind.Tombstone
            && !IsSound(segment, entry.Offset, out bool unreadable))
        {
            MetUnreadable |= unreadable;
            return;
        }

        MergeNew(ref leftOver, hasLeftOver, location, entry, hour);
    }

    /// <summary>Merges a record of a key that the index does not have.</summary>
    private void MergeNew(
        ref IndexProbe leftOver, bool hasLeftOver, RecordLocation location, in DirectoryEntry entry, ushort hour)
    {
        if (hasLeftOver)
        {
            // From before the record, or another one of its tag, was copied out of a segment that is gone since.
            IndexTable.Replace(ref leftOver, location, Math.Max(hour, leftOver.Hour));
        }
        else
        {
            core.State.Table.Insert(entry.Hash, location, hour, core);
        }

        NoteTombstone(entry, location);
    }

    /// <summary>Merges a record of a key that the index has.</summary>
    private void MergeOver(
        ref IndexProbe probe, in RecordHeader known, Segment segment, in DirectoryEntry entry, ushort hour)
    {
        // Of a record and its copy the copy wins: the segment it was copied from is on its way out.
        bool isNewer = known.Sequence < entry.Sequence
            || (known.Sequence == entry.Sequence && IndexWord.SegmentId(probe.Word) < segment.Id);
        if (isNewer && MayReplace(core, segment, entry.Offset))
        {
            RecordLocation location = new(segment.Id, entry.Offset);
            IndexTable.Replace(ref probe, location, Math.Max(hour, probe.Hour));
            NoteTombstone(entry, location);
        }
    }

    /// <summary>Takes the tombstones out of the index, once nothing older can come any more.</summary>
    public void PurgeTombstones()
    {
        foreach ((ulong hash, RecordLocation location) in _tombstones)
        {
            IndexProbe probe = core.State.Table.Probe(hash);
            while (probe.MoveNext())
            {
                if (IndexWord.Location(probe.Word) == location)
                {
                    core.State.Table.TryRemove(ref probe);
                    break;
                }
            }
        }

        _tombstones.Clear();
    }

    /// <summary>Notes a tombstone that a removal has put into the index meanwhile.</summary>
    public void NoteTombstone(ulong hash, RecordLocation location) => _tombstones.Add((hash, location));

    private void NoteTombstone(in DirectoryEntry entry, RecordLocation location)
    {
        if (entry.Kind == RecordKind.Tombstone)
        {
            _tombstones.Add((entry.Hash, location));
        }
    }
}
