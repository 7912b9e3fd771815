using PackStore.Engine.Opening;
using PackStore.Engine.Space;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>One open store: its parts, its clock tick, its close. Built by <see cref="StoreOpener"/>.</summary>
internal sealed class StoreEngine
{
    private readonly IDisposable? _lock;
    private readonly ITimer _tick;
    private readonly Lock _closeLock = new();
    private readonly RecencyInbox _inbox;
    private long _lastFlush;
    private int _ticking;
    private bool _closed;

    public StoreEngine(StoreCore core, WriterState? writer, IDisposable? writerLock, TailFollower? follower)
    {
        Core = core;
        Writer = writer;
        _lock = writerLock;
        Follower = follower;
        _inbox = new RecencyInbox(core);
        Recovery = new RecoveryJob(core, OnRecovered);
        Pins = new PinBook(core);
        Evictor = new Evictor(this);
        Bound = new SpaceBound(this);
        Admission = new Admission(this);
        core.Loose.Charge = Admission.Charge;
        core.Loose.TryCharge = Admission.TryCharge;
        core.Loose.Release = Admission.Release;
        if (follower is not null)
        {
            follower.Recovery = Recovery;
            core.AddDetour();
        }

        Reads = new ReadPath(core)
        {
            Follow = follower is null ? null : follower.Follow,
            IsBlind = follower is null ? null : () => follower.IsBlind,
            Used = core.IsReadOnly ? _inbox.Note : null,
        };
        if (writer is not null)
        {
            Writes = new WritePath(core, writer, Recovery);
            Checkpoints = new Checkpointer(core, writer, Writes);
            Commits = new GroupCommit(core, writer, Checkpoints);
            Checkpoints.Flush = Commits.FlushNow;
            Exchange = new SegmentExchange(core, writer, Writes, Checkpoints, Commits);
            core.Loose.MakeRoom = Admission.MakeRoom;
            Encoder = new PutEncoder(core, Writes.MaxRecordLength);
            Pending = new PendingPuts(core, Encoder, Writes, Admission);
            Writes.Published = key => Pending.Cancel(key);
        }

        _lastFlush = core.Options.TimeProvider.GetTimestamp();
        _tick = core.Options.TimeProvider.CreateTimer(
            static state => ((StoreEngine)state!).Tick(), this, TickPeriod, TickPeriod);
    }

    private static TimeSpan TickPeriod => TimeSpan.FromSeconds(1);

    public StoreCore Core { get; }

    public WriterState? Writer { get; }

    public TailFollower? Follower { get; }

    public RecoveryJob Recovery { get; }

    public PinBook Pins { get; }

    public Evictor Evictor { get; }

    public Admission Admission { get; }

    public SpaceBound Bound { get; }

    public ReadPath Reads { get; }

    public WritePath? Writes { get; }

    public Checkpointer? Checkpoints { get; }

    public GroupCommit? Commits { get; }

    public SegmentExchange? Exchange { get; }

    public PutEncoder? Encoder { get; }

    public PendingPuts? Pending { get; }

    /// <summary>Whether the store was closed.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Throws unless writing is possible in principle.</summary>
    public void ThrowIfReadOnly()
    {
        Throw.IfClosed(IsClosed);
        if (Core.IsReadOnly)
        {
            throw new StoreReadOnlyException(Core.Directory.FullPath);
        }
    }

    /// <summary>Brings a reader's index up to what its writer has published, in an epoch section of its own.</summary>
    public void Follow()
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(IsClosed);
            Follower?.Follow();
        }
        finally
        {
            slot.Leave(token);
        }
    }

    /// <summary>Reads in the uses that read-only processes have noted; a writer also takes their files away.</summary>
    private void TakeRecency()
    {
        try
        {
            _inbox.Take(remove: !Core.IsReadOnly);
        }
        catch (IOException e)
        {
            // A hint that cannot be read, or not removed, costs recency only.
            Core.Log.HintFailed(StoreFileNames.Index, e);
        }
    }

    /// <summary>Closes. Leases held now stay valid until they are disposed; later calls throw or miss.</summary>
    public void Close()
    {
        SchedulePoint.BeforeLock(_closeLock, "close lock");
        lock (_closeLock)
        {
            if (_closed)
            {
                return;
            }

            _tick.Dispose();
            try
            {
                if (Writer is not null)
                {
                    CloseWriter(Writer);
                }
                else
                {
                    _inbox.TrySave();
                }
            }
            finally
            {
                SchedulePoint.Reach("close.closing");
                Volatile.Write(ref _closed, true);
                SchedulePoint.Reach("close.closed");
#if PACKSTORE_PROOF
                if (PlantedBugs.Has(PlantedBug.CloseUnseen))
                {
                    Core.RemoveDetour();
                }
#endif
                Core.AddDetour();
                Checkpoints?.End();
                Release();
            }
        }
    }

    /// <summary>Ends what runs in the background, for an open that failed after all.</summary>
    public void Stop()
    {
        _tick.Dispose();
        Recovery.Dispose();
        Volatile.Write(ref _closed, true);
    }

    private void CloseWriter(WriterState writer)
    {
        Task drained = Pending!.DrainAsync();
        SchedulePoint.BeforeWait(drained, "close.drain");
        drained.GetAwaiter().GetResult();
        Recovery.Dispose();
        bool wrote;
        lock (Core.WriteLock)
        {
            if (writer.Poison is null)
            {
                Checkpoints!.CompleteDirectory();
            }

            // Also what was flushed long ago: the last clean checkpoint does not know it. And a directory block that
            // the last close could not write.
            wrote = writer.Sequence > writer.OpenedSequence || writer.SegmentsChanged;

            writer.IsClosed = true;
        }

        if (writer.Poison is not null)
        {
            return;
        }

        Commits!.FlushNow();
        bool snapshot = Checkpoints!.IsSnapshotWorthwhile() && Checkpoints.TryWriteSnapshot(CancellationToken.None);
        if (wrote || snapshot || !Core.Accounting.IsExact || writer.CheckpointGeneration == 0 || !writer.WasClean)
        {
            Checkpoints.TryWriteCheckpoint(clean: Core.State.Recovery is null && !writer.HasUnreadable);
        }
    }

    /// <summary>Takes everything out of sight, and gives it back when the last reader has left.</summary>
    private void Release()
    {
        if (Writer is null)
        {
            Recovery.Dispose();
        }

        Writer?.Appender?.Dispose();
        foreach (SegmentAppender appender in Writer?.UnsyncedSealed ?? [])
        {
            appender.Dispose();
        }

#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.HeadUnmappedEarly))
        {
            Follower?.Dispose();
        }
#endif
        Writer?.Head.Dispose();
        _lock?.Dispose();
        Core.Metrics.Dispose();
        EpochGate.Retire(() =>
        {
            // The state as it is then: a lookup that was under way may have followed the writer, which changes it.
            Core.ReleaseState();
            // A lookup of a reader looks at HEAD first.
            Follower?.Dispose();
            Core.Loose.Close();
            Core.Directory.Dispose();
        });
    }

    private void OnRecovered(bool recounted)
    {
        // Only a complete index can take the uses of all keys in.
        TakeRecency();
        if (Writer is { } writer)
        {
            writer.HasUnreadable |= Recovery.MetUnreadable;
            bool isMarked = !HasLeftOver(writer) || Checkpoints!.TryMark();
            lock (Core.WriteLock)
            {
                if (isMarked)
                {
                    Writes!.SealLeftOvers();
                }
            }

            if (writer.SnapshotGeneration == 0 && !writer.HasUnreadable
                && Core.State.Table.Entries > RecoveryJob.MergeAtOpen)
            {
                Checkpoints!.TryWriteSnapshot(CancellationToken.None);
            }
        }
    }

    /// <summary>Whether a clean close left a segment that a full disk had kept from being sealed.</summary>
    private bool HasLeftOver(WriterState writer)
    {
        lock (Core.WriteLock)
        {
            return writer.Appender is not null && writer.Unsealed.Count > 0;
        }
    }

    private void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0)
        {
            return;
        }

        try
        {
            Core.RefreshHour();
            GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
            if (memory.MemoryLoadBytes > memory.HighMemoryLoadThresholdBytes)
            {
                Core.Residency.Advance();
            }

            if (Writer is not null && !IsClosed)
            {
                TickWriter();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The foreground is told by its own next call; a background tick has nobody to throw at.
            Core.Log.HintFailed("Background work", e);
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    private void TickWriter()
    {
        TimeProvider clock = Core.Options.TimeProvider;
        TimeSpan interval = Core.Options.FlushInterval;
        if (Core.Options.Durability == Durability.OnFlush && interval != Timeout.InfiniteTimeSpan
            && clock.GetElapsedTime(_lastFlush) >= interval)
        {
            _lastFlush = clock.GetTimestamp();
            if (Commits!.IsDirty)
            {
                Commits.FlushNow();
            }
        }

        if (Checkpoints!.IsSnapshotDue)
        {
            Checkpoints.TryWriteSnapshot(CancellationToken.None);
        }
    }
}
