using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Makes restart short: writes CHECKPOINT and index snapshots.</summary>
internal sealed class Checkpointer(StoreCore core, WriterState writer, WritePath writes)
{
    /// <summary>A snapshot is due after so many records, so that replay stays bounded whatever the store's
    /// size.</summary>
    public const long SnapshotEvery = 1 << 20;

    // Orders checkpoints among themselves; taken before the write lock, never inside it.
    private readonly Lock _lock = new();

    // Under SnapshotLock.
    private bool _isEnded;
    private int _holds;
    private bool _marked = !writer.WasClean;

    /// <summary>Orders snapshots among themselves, and keeps their watermarks out of a publication of copies. Taken
    /// before the other and before the write lock, never inside them.</summary>
    public Lock SnapshotLock { get; } = new();

    /// <summary>Makes everything appended so far durable.</summary>
    public Action Flush { get; set; } = static () => { };

    /// <summary>Whether a snapshot is due while the store runs.</summary>
    public bool IsSnapshotDue
    {
        get
        {
            lock (core.WriteLock)
            {
                return writer.RecordsSinceSnapshot >= SnapshotEvery && core.State.Recovery is null
                    && !writer.HasUnreadable;
            }
        }
    }

    /// <summary>Before the first append after a clean close: replaces the checkpoint that says "clean", durably, so
    /// that no later stop is taken for
    /// a clean one.</summary>
    public void EnsureMarked()
    {
        if (Volatile.Read(ref _marked))
        {
            return;
        }

        SchedulePoint.BeforeLock(_lock, "checkpoint lock");
        lock (_lock)
        {
            if (!_marked)
            {
                WriteLocked(clean: false);
                Volatile.Write(ref _marked, true);
            }
        }
    }

    /// <summary>As <see cref="EnsureMarked"/>, before an append that can wait for another time; says whether it
    /// did.</summary>
    public bool TryMark()
    {
        try
        {
            EnsureMarked();
            return true;
        }
        catch (IOException e)
        {
            core.Log.HintFailed(StoreFileNames.Checkpoint, e);
            return false;
        }
    }

    /// <summary>Writes a checkpoint of the segments as they are; says whether it could. Failing costs safety margins,
    /// no data.</summary>
    /// <remarks>Durably, whatever the durability of puts: one that a power cut could empty or take would look like one
    /// that somebody damaged.</remarks>
    public bool TryWriteCheckpoint(bool clean)
    {
        SchedulePoint.BeforeLock(_lock, "checkpoint lock");
        lock (_lock)
        {
            try
            {
                WriteLocked(clean);
                return true;
            }
            catch (IOException e)
            {
                core.Log.HintFailed(StoreFileNames.Checkpoint, e);
                return false;
            }
        }
    }

    /// <summary>Writes an index snapshot and the checkpoint that names it; says whether it could.</summary>
    public bool TryWriteSnapshot(CancellationToken cancellationToken)
    {
        SchedulePoint.BeforeLock(SnapshotLock, "snapshot lock");
        lock (SnapshotLock)
        {
            if (_isEnded || _holds > 0 || !IsIndexWhole())
            {
                return false;
            }

            SnapshotHeader header = Freeze(out long evictions, out long relocations);
            try
            {
                // Flushed before it is published: a record that it names and a power cut takes must not hide an older
                // one that is durable.
                SnapshotStore.Write(core, header, Flush, cancellationToken);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                core.Log.HintFailed(StoreFileNames.Snapshot(header.Generation), e);
                return false;
            }
            finally
            {
                lock (core.WriteLock)
                {
                    core.State.Table.Thaw();
                }
            }

            lock (core.WriteLock)
            {
                writer.SnapshotGeneration = header.Generation;
                writer.EvictionsSaved = evictions;
                writer.SnapshotRelocations = relocations;
                writer.RecordsSinceSnapshot = (long)(writer.Sequence - header.Sequence);
            }

            SchedulePoint.Reach("snapshot.unfrozen");
            bool written = TryWriteCheckpoint(clean: false);
            if (written)
            {
                RemoveOldSnapshots(header.Generation);
            }

            return written;
        }
    }

    /// <summary>Lets no watermark be taken until <see cref="ReleaseSnapshots"/>, and waits for the snapshot that is
    /// being written. A removal that came between the listing of records to copy and the publication of the copies must
    /// stay behind every watermark: a replay that met the copy alone would bring back what was removed.</summary>
    public void HoldSnapshots()
    {
        SchedulePoint.BeforeLock(SnapshotLock, "snapshot lock");
        lock (SnapshotLock)
        {
            _holds++;
        }
    }

    /// <summary>Ends one <see cref="HoldSnapshots"/>.</summary>
    public void ReleaseSnapshots()
    {
        SchedulePoint.BeforeLock(SnapshotLock, "snapshot lock");
        lock (SnapshotLock)
        {
            _holds--;
        }
    }

    /// <summary>Waits for a snapshot that is being written in the background, which reads the index, and writes none
    /// from then on.</summary>
    public void End()
    {
        SchedulePoint.BeforeLock(SnapshotLock, "snapshot lock");
        lock (SnapshotLock)
        {
            _isEnded = true;
        }
    }

    /// <summary>At a clean close: whether the index, or the recency in it, is worth saving.</summary>
    public bool IsSnapshotWorthwhile()
    {
        lock (core.WriteLock)
        {
            long entries = core.State.Table.Entries;
            if (writer.Evictions != writer.EvictionsSaved)
            {
                return core.State.Recovery is null && !writer.HasUnreadable;
            }

            return core.State.Recovery is null && entries > 0 && !writer.HasUnreadable
                && (writer.SnapshotGeneration == 0 || core.State.Table.HasRecencyChanged
                    || writer.Relocations != writer.SnapshotRelocations
                    || writer.RecordsSinceSnapshot >= Math.Max(FormatLimits.RecordsPerDirectory, entries / 8));
        }
    }

    /// <summary>While the store runs: whether so much has changed since the last snapshot that the next open gains by a
    /// new one.</summary>
    public bool IsSnapshotTimely()
    {
        lock (core.WriteLock)
        {
            return core.State.Recovery is null && !writer.HasUnreadable && writer.RecordsSinceSnapshot
                >= Math.Max(FormatLimits.RecordsPerDirectory, core.State.Table.Entries / 8);
        }
    }

    /// <summary>Brings the directory blocks up to date. Under the write lock.</summary>
    public void CompleteDirectory()
    {
        if (writer.Appender is { } appender && appender.Directory.Pending.Length > 0)
        {
            writes.AppendDirectory(appender);
            writes.PublishHead(new RecordLocation(appender.Segment.Id, appender.End));
        }
    }

    private void WriteLocked(bool clean)
    {
        CheckpointRecord record;
        lock (core.WriteLock)
        {
            record = Describe(clean);
        }

        SchedulePoint.Reach("checkpoint.described");
        CheckpointStore.Write(core.Directory, record);
        SchedulePoint.Reach("checkpoint.written");
        lock (core.WriteLock)
        {
            writer.CheckpointGeneration = record.Generation;
        }
    }

    /// <summary>A snapshot stands for everything before its watermark: what could not be read and is not in the index
    /// would not be looked at again.</summary>
    private bool IsIndexWhole()
    {
        lock (core.WriteLock)
        {
            return core.State.Recovery is null && !writer.HasUnreadable;
        }
    }

    private SnapshotHeader Freeze(out long evictions, out long relocations)
    {
        lock (core.WriteLock)
        {
            evictions = writer.Evictions;
            relocations = writer.Relocations;
            IndexTable table = core.State.Table;
            table.Freeze();
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.SnapshotUnfrozen))
            {
                table.Thaw();
            }
#endif
            table.TakeRecencyChange();
            return new SnapshotHeader(
                core.Identity.StoreId, Math.Max(writer.SnapshotGeneration, writer.LastSnapshot) + 1,
                writer.Committed(core.State.Segments),
                writer.Sequence,
                table.BucketCount, table.OverflowCount, table.Entries, core.Identity.HashSeed);
        }
    }

    private void RemoveOldSnapshots(ulong generation)
    {
        try
        {
            SnapshotStore.RemoveOthers(core, generation);
        }
        catch (IOException e)
        {
            core.Log.HintFailed(StoreFileNames.Index, e);
        }
    }

    private CheckpointRecord Describe(bool clean)
    {
        List<CheckpointSegment> segments = [.. writer.Lost];
        foreach (Segment s in core.State.Segments.All.Where(s => !writer.Lost.Any(l => l.SegmentId == s.Id)))
        {
            segments.Add(new CheckpointSegment(
                s.Id, s.IsSealed, s.CommittedEnd, s.DurableEnd, s.DirectoryOffset, s.LiveBytes));
        }

        return new CheckpointRecord(
            core.Identity.StoreId, writer.CheckpointGeneration + 1, core.Directory.BootId, writer.Sequence,
            writer.SnapshotGeneration,
            clean && core.Accounting.IsExact && writer.Evictions == writer.EvictionsSaved,
            core.Accounting.Counters, segments)
        {
            HasLeftOut = core.State.Table.HasLeftOut,
        };
    }
}
