using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>Brings records into the index that are in segments already: newest sequence wins, whatever order they come
/// in.</summary>
/// <remarks>Under the write lock. Tombstones are put into the index too, so that an older record merged later meets
/// them; when all is merged
/// <see cref="PurgeTombstones"/> takes them out.</remarks>
/// <param name="core">The store.</param>
/// <param name="keepsUnclear">Whether a record stays out, for <see cref="MergeLeft"/>, while it, or what may be an
/// older one of its key, cannot be read. Two slots for one key would be one that no removal finds. Else such a record
/// throws <see cref="UnreadableException"/>.</param>
internal sealed class IndexMerger(StoreCore core, bool keepsUnclear = false)
{
    private readonly List<(Segment Segment, DirectoryEntry Entry)> _left = [];
    private readonly HashSet<ulong> _leftHashes = [];
    private readonly List<(ulong Hash, RecordLocation Location)> _tombstones = [];

    /// <summary>Finds the slot of a key by reading the records of all candidates.</summary>
    public static bool TryFindKey(
        StoreCore core, StoreState state, in ArtifactKey key, ulong hash, out IndexProbe probe,
        out RecordHeader header) => TryFindKey(core, state, key, hash, out probe, out header, out _);

    /// <inheritdoc cref="TryFindKey(StoreCore, StoreState, in ArtifactKey, ulong, out IndexProbe, out RecordHeader)"/>
    /// <param name="core">The store.</param>
    /// <param name="state">Its state.</param>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="probe">The slot.</param>
    /// <param name="header">What it leads to.</param>
    /// <param name="refusal">Of a key that was not found: why it may be there all the same. A second slot would be one
    /// that lookups may take for the first.</param>
    public static bool TryFindKey(
        StoreCore core, StoreState state, in ArtifactKey key, ulong hash, out IndexProbe probe,
        out RecordHeader header, out UnreadableException? refusal)
    {
        refusal = null;
        probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            long offset = IndexWord.Offset(probe.Word);
            if (!state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment))
            {
                continue;
            }

            if (!StoreCore.TryReadKey(segment, offset, out ArtifactKey found, out header))
            {
                refusal ??= RecordReader.FindKeyRefusal(segment, offset);
            }
            else if (found == key)
            {
                refusal = null;
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>Takes out of the index what may be, or by now is known to be, a slot of a key that could not be read:
    /// the next open finds it again.</summary>
    public static void DropUnclear(StoreCore core, in ArtifactKey key, ulong hash)
    {
        StoreState state = core.State;
        core.NoteUnreadable();
        IndexProbe probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            long offset = IndexWord.Offset(probe.Word);
            if (state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment)
                && (StoreCore.TryReadKey(segment, offset, out ArtifactKey found, out _)
                    ? found == key
                    : RecordReader.FindKeyRefusal(segment, offset) is not null))
            {
                state.Table.TryRemove(ref probe);
                probe = state.Table.Probe(hash);
            }
        }
    }

    /// <summary>Whether something that was to be merged could not be read just now, and was left out.</summary>
    public bool MetUnreadable { get; private set; }

    /// <summary>Whether a record may replace an older one: sound, and its loose files are what it says. One that may
    /// not stays out for good: its
    /// segment's durable end is held, so that the next open asks again. Throws if that cannot be told just
    /// now.</summary>
    public static bool MayReplace(StoreCore core, Segment segment, long offset)
    {
#if PACKSTORE_PROOF
        if (Proof.PlantedBugs.Has(Proof.PlantedBug.UncheckedReplacement))
        {
            return true;
        }

#endif
        if (offset < segment.TrustedEnd || RecordSoundness.IsWhole(core, segment, offset))
        {
            return true;
        }

        segment.HoldDurableEnd();
        return false;
    }

    /// <summary>Merges one record.</summary>
    /// <param name="segment">Where it is.</param>
    /// <param name="entry">What it is.</param>
    /// <param name="hour">When it was last used, as far as is known.</param>
    /// <param name="isCopy">Whether the index has known for long what is live of its sequence number: a copy of what
    /// the index does not have is one of something dead.</param>
    public MergeOutcome Merge(Segment segment, in DirectoryEntry entry, ushort hour, bool isCopy = false)
    {
        if (_leftHashes.Contains(entry.Hash))
        {
            return Leave(segment, entry);
        }

        try
        {
            return MergeReadable(segment, entry, hour, isCopy);
        }
        catch (UnreadableException) when (keepsUnclear)
        {
            return Leave(segment, entry);
        }
    }

    private MergeOutcome MergeReadable(Segment segment, in DirectoryEntry entry, ushort hour, bool isCopy)
    {
        RecordLocation location = new(segment.Id, entry.Offset);
        IndexProbe probe = core.State.Table.Probe(entry.Hash);
        IndexProbe leftOver = probe;
        SlotKind found = Find(ref probe, ref leftOver, segment, entry, isCopy, out RecordHeader known);
        switch (found)
        {
            case SlotKind.Itself:
                NoteTombstone(entry, location);
                return MergeOutcome.Merged;
            case SlotKind.Same:
                MergeOver(ref probe, known, segment, entry, hour);
                return MergeOutcome.Merged;
            case SlotKind.Unclear when !isCopy:
                return Leave(segment, entry);
            case SlotKind.Unclear:
                return MergeOutcome.Unclear;
            case SlotKind.Nothing:
                return MergeOutcome.Merged;
        }

        if (isCopy)
        {
            return MergeOutcome.Unknown;
        }

        if (entry.Offset >= segment.TrustedEnd && entry.Kind == RecordKind.Tombstone
            && !RecordSoundness.IsSound(segment, entry.Offset))
        {
            return MergeOutcome.Merged;
        }

        MergeNew(ref leftOver, found == SlotKind.LeftOver, location, entry, hour);
        return MergeOutcome.Merged;
    }

    /// <summary>Looks once more at what was left out, for what stood in the way may have passed. What is left then is
    /// for lookups to ask as well as the index.</summary>
    public IReadOnlyList<RecoveryRun> MergeLeft(ushort hour)
    {
        (Segment Segment, DirectoryEntry Entry)[] again = [.. _left];
        _left.Clear();
        _leftHashes.Clear();
        foreach ((Segment segment, DirectoryEntry entry) in again)
        {
            Merge(segment, entry, hour);
        }

        return
        [
            .. _left.GroupBy(static l => l.Segment)
                .Select(static g => RecoveryRun.OfWalked(g.Key, [.. g.Select(static l => l.Entry)])),
        ];
    }

    /// <summary>Whether a record of a hash was left out, so that the index may have two for one key if another came
    /// in.</summary>
    public bool HasLeft(ulong hash) => _leftHashes.Contains(hash);

    /// <summary>Looks for the slot of a record's key.</summary>
    private SlotKind Find(
        ref IndexProbe probe, ref IndexProbe leftOver, Segment segment, in DirectoryEntry entry, bool isCopy,
        out RecordHeader known)
    {
        StoreState state = core.State;
        known = default;
        SlotKind otherwise = SlotKind.None;
        while (probe.MoveNext())
        {
            RecordLocation at = IndexWord.Location(probe.Word);
            if (at == new RecordLocation(segment.Id, entry.Offset))
            {
                return SlotKind.Itself;
            }

            if (!state.Segments.TryGet(at.SegmentId, out Segment? other))
            {
                if (!core.AbsentSegments.Contains(at.SegmentId))
                {
                    leftOver = probe;
                    otherwise = otherwise == SlotKind.None ? SlotKind.LeftOver : otherwise;
                }
                else if (isCopy)
                {
                    otherwise = SlotKind.Unclear;
                }
            }
            else if (!StoreCore.TryReadKey(other, at.Offset, out ArtifactKey otherKey, out known))
            {
                if (!isCopy && !keepsUnclear)
                {
                    RecordReader.ThrowIfKeyRefused(other, at.Offset);
                }

                // A copy was made of a record that could be read.
                bool isUnclear = isCopy || (keepsUnclear && StoreCore.MayBeReadLater(other, at.Offset));
                otherwise = isUnclear ? SlotKind.Unclear : otherwise;
            }
            else if (core.HashOf(otherKey) == entry.Hash)
            {
                if (!StoreCore.TryReadKey(segment, entry.Offset, out ArtifactKey key, out _))
                {
                    RecordReader.ThrowIfKeyRefused(segment, entry.Offset);
                    return SlotKind.Nothing;
                }

                if (key == otherKey)
                {
                    return SlotKind.Same;
                }
            }
        }

        return otherwise;
    }

    private MergeOutcome Leave(Segment segment, in DirectoryEntry entry)
    {
        // All that follow of the hash are left too: a newer one in the index and an older one outside would change
        // places.
        _leftHashes.Add(entry.Hash);
        _left.Add((segment, entry));
        MetUnreadable = true;
        return MergeOutcome.Unclear;
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

/// <summary>What came of merging a record.</summary>
internal enum MergeOutcome
{
    /// <summary>It is in the index, or need not be.</summary>
    Merged,

    /// <summary>It is a copy, and its key is not in the index.</summary>
    Unknown,

    /// <summary>It cannot be told whether its key is in the index, so it was left out.</summary>
    Unclear,
}

/// <summary>What the index has for a record.</summary>
internal enum SlotKind
{
    /// <summary>No slot of its key.</summary>
    None,

    /// <summary>None, but one that leads nowhere and can be used again.</summary>
    LeftOver,

    /// <summary>A slot that leads to it.</summary>
    Itself,

    /// <summary>A slot that leads to another record of its key.</summary>
    Same,

    /// <summary>A slot of which it cannot be told whose it is.</summary>
    Unclear,

    /// <summary>The record itself cannot be read: there is nothing to merge.</summary>
    Nothing,
}
