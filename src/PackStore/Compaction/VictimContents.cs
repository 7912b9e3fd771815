using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>What of a segment has to be copied: what is live, the tombstones that something older still needs, and a
/// tombstone in the place of a record that is neither live nor superseded.</summary>
/// <remarks>
/// Why the latter: an artifact that was evicted, or found damaged, was taken out of the index without a record that
/// says so. As long as it lies in its segment it hides older versions from whoever rebuilds the index. Left out, one
/// of them would come back; so it leaves a tombstone with its own sequence number, wherever there is something older.
/// </remarks>
internal sealed class VictimContents
{
    /// <summary>Above so many questions times segments nothing is asked: then all tombstones stay.</summary>
    private const long MaxQuestions = 1 << 24;

    /// <summary>Live records in the order in which to copy them: those used last first, then as they stood.</summary>
    public required LiveRecord[] Live { get; init; }

    /// <summary>Tombstones to keep.</summary>
    public required LiveRecord[] Tombstones { get; init; }

    /// <summary>Artifacts that leave a tombstone.</summary>
    public required LiveRecord[] Hidden { get; init; }

    /// <summary>Tombstones that are not needed any more.</summary>
    public long DroppedTombstones { get; private init; }

    /// <summary>Bytes of the live records, with what a directory takes for them.</summary>
    public long LiveBytes => Live.Sum(static r => r.Entry.Length + 32L);

    /// <summary>Whether its directory is damaged.</summary>
    public bool IsDamaged { get; private init; }

    /// <summary>Finds out.</summary>
    public static VictimContents Of(
        StoreCore core, Segment? active, SegmentDirectories directories, Segment victim)
    {
        List<LiveRecord> live = [];
        List<DirectoryEntry> tombstones = [];
        List<DirectoryEntry> hidden = [];
        List<DirectoryEntry> all = directories.ReadAll(victim, out bool isDamaged);
        foreach (DirectoryEntry entry in all)
        {
            if (entry.Kind == RecordKind.Tombstone)
            {
                tombstones.Add(entry);
            }
            else if (SegmentExchange.IsLive(
                core, entry.Hash, new RecordLocation(victim.Id, entry.Offset), out ushort hour))
            {
                live.Add(new LiveRecord(entry, hour));
            }
            else if (!IsIndexed(core, directories, active, entry.Hash))
            {
                hidden.Add(entry);
            }
        }

        LiveRecord[] ordered = [.. live];
        Array.Sort(ordered, static (a, b) =>
            b.Hour.CompareTo(a.Hour) is var c && c != 0 ? c : a.Entry.Offset.CompareTo(b.Entry.Offset));
        Segment[] others = [.. core.State.Segments.All.Where(s => s != victim && s != active)];
        bool asks = core.AbsentSegments.Count == 0
            && (tombstones.Count + (long)hidden.Count) * others.Length <= MaxQuestions;
        LiveRecord[] kept = Needed(tombstones);
        return new VictimContents
        {
            Live = ordered,
            Tombstones = kept,
            Hidden = Needed(hidden),
            DroppedTombstones = tombstones.Count - kept.Length,
            IsDamaged = isDamaged,
        };

        // The active segment has nothing older: its records are newer than all that were sealed before it began.
        LiveRecord[] Needed(List<DirectoryEntry> entries) =>
        [
            .. entries
#if PACKSTORE_PROOF
                .Where(static _ => !Proof.PlantedBugs.Has(Proof.PlantedBug.TombstoneDropped))
#endif
                .Where(e => !asks || Array.Exists(others, s => directories.HasOlder(s, e.Hash, e.Sequence)))
                .OrderBy(static e => e.Offset)
                .Select(static e => new LiveRecord(e, 0)),
        ];
    }

    /// <summary>Whether the index has an artifact of a hash.</summary>
    private static bool IsIndexed(StoreCore core, SegmentDirectories directories, Segment? active, ulong hash)
    {
        StoreState state = core.State;
        IndexProbe probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            RecordLocation at = IndexWord.Location(probe.Word);
            if (!state.Segments.TryGet(at.SegmentId, out Segment? segment))
            {
                continue;
            }

            // A segment that became the active one since is as good as one that was.
            bool isIts = segment.IsSealed && segment != active
                ? directories.IsOf(segment, at.Offset, hash)
                : core.TryReadHash(probe.Word, out ulong found) && found == hash;
            if (isIts)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A live record, and when it was last used.</summary>
internal readonly record struct LiveRecord(DirectoryEntry Entry, ushort Hour)
{
    /// <summary>What the directory will say of the copy, but for its place.</summary>
    public DirectoryEntry AsCopied(CopyKind kind) => kind == CopyKind.Verbatim
        ? Entry
        : Entry with
        {
            Length = FormatLimits.TombstoneBytes,
            Kind = RecordKind.Tombstone,
            HasLoose = false,
            PayloadCount = 0,
        };
}
