using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>What only the writer has. Everything here is read and changed under the write lock.</summary>
/// <remarks>Sequence numbers obey <c>DurableSequence &lt;= Sequence</c>.</remarks>
internal sealed class WriterState(StoreCore core, HeadPage head)
{
    private bool _hasUnreadable;

    /// <summary>HEAD.</summary>
    public HeadPage Head => head;

    /// <summary>Appends to the active segment; null until the first put.</summary>
    public SegmentAppender? Appender { get; set; }

    /// <summary>The sequence number given last before this writer came.</summary>
    public ulong OpenedSequence { get; init; }

    /// <summary>The sequence number given last.</summary>
    public ulong Sequence;

    /// <summary>The greatest sequence number that a completed flush covers.</summary>
    public ulong DurableSequence { get; set; }

    /// <summary>Number of the next segment.</summary>
    public int NextSegmentId { get; set; } = 1;

    /// <summary>Segments that must be there and are gone or cut: every checkpoint names them as they were promised,
    /// until a repair.</summary>
    public IReadOnlyList<CheckpointSegment> Lost { get; init; } = [];

    /// <summary>Segments left without footer by an unclean stop.</summary>
    public List<UnsealedSegment> Unsealed { get; } = [];

    /// <summary>Sealed segments that have bytes not synced yet, with the appender that can sync them.</summary>
    public List<SegmentAppender> UnsyncedSealed { get; } = [];

    /// <summary>Whether the directory of segments has a name that is not durable.</summary>
    public bool SegmentsChanged { get; set; }

    /// <summary>Loose files of superseded records, with the sequence number that superseded them: removed when that is
    /// durable.</summary>
    public Queue<(ulong Sequence, ArtifactKey Key, int Index, uint Generation, long Bytes)> SupersededLoose { get; } =
        new();

    /// <summary>Bytes of those files.</summary>
    public long SupersededLooseBytes { get; set; }

    /// <summary>Loose files of records that were copied with their payloads.</summary>
    public FoldedFiles FoldedLoose { get; } = new(core);

    /// <summary>Records appended since the newest snapshot.</summary>
    public long RecordsSinceSnapshot { get; set; }

    /// <summary>Grows with every batch of evictions.</summary>
    public long Evictions { get; private set; }

    /// <summary>The value of <see cref="Evictions"/> when the newest snapshot was begun: what was evicted later comes
    /// back if that is the last one.</summary>
    public long EvictionsSaved { get; set; }

    /// <summary>Records relocated since the store was opened.</summary>
    public long Relocations { get; set; }

    /// <summary><see cref="Relocations"/> when the newest snapshot was taken: a snapshot from before leads to segments
    /// that may be gone.</summary>
    public long SnapshotRelocations { get; set; }

    /// <summary>Generation of the newest snapshot; 0 if there is none.</summary>
    public ulong SnapshotGeneration { get; set; }

    /// <summary>Generation of the last snapshot that the checkpoint knew of, whether it is there or not. None has the
    /// same again: a snapshot that was lost, and that a power cut brings back, is then told from the one after it,
    /// which may have what the other had left out.</summary>
    public ulong LastSnapshot { get; init; }

    /// <summary>Generation of the newest checkpoint.</summary>
    public ulong CheckpointGeneration { get; set; }

    /// <summary>Whether the store had been closed cleanly before it was opened.</summary>
    public bool WasClean { get; init; }

    /// <summary>Whether something could not be read, or was not there, when the store was opened or the index grew:
    /// then neither snapshot nor clean checkpoint is written, so that the next open looks at it again.</summary>
    public bool HasUnreadable
    {
        get => _hasUnreadable || core.HasUnreadable;
        set => _hasUnreadable = value;
    }

    /// <summary>Set for good by a failed sync.</summary>
    public StorePoisonedException? Poison { get; set; }

    /// <summary>Set when the store is being closed.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The next segment number. It is used up even if what it was for fails: a file may be left
    /// behind.</summary>
    public int TakeSegmentNumber(string store) => NextSegmentId <= FormatLimits.MaxSegmentId
        ? NextSegmentId++
        : throw new PackStoreException($"{store} has used up its segment numbers; export it into a new store.");

    /// <summary>Notes that entries were taken out of the index without a record. The snapshot that makes it last counts
    /// them as it counts records.</summary>
    public void NoteEvicted(long entries)
    {
        Evictions++;
        RecordsSinceSnapshot += entries;
    }

    /// <summary>The committed end of the active segment, or of the last one.</summary>
    public RecordLocation Committed(SegmentMap segments)
    {
        if (Appender is { } appender)
        {
            return new RecordLocation(appender.Segment.Id, appender.End);
        }

        return segments.TryGet(segments.LastId, out Segment? last) ? new RecordLocation(last.Id, last.CommittedEnd)
            : default;
    }
}
