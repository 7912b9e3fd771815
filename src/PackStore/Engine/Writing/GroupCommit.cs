using System.Diagnostics;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>
/// Turns many waiting callers into one sync. A round covers everything appended before it starts; who comes while one
/// runs waits for the next.
/// </summary>
/// <remarks>After a failed sync nobody can know what is on the medium: the store is poisoned, and this round's waiters
/// and all later
/// writers are told. The sync is never retried (Rebello et al., "Can applications recover from fsync failures?", ATC
/// 2020).</remarks>
internal sealed class GroupCommit(StoreCore core, WriterState writer, Checkpointer checkpointer)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _next;
    private bool _running;

    /// <summary>Completes when everything appended before the call is durable.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_running)
            {
                _running = true;
                QueueRounds();
            }

            return _next.Task;
        }
    }

    /// <summary>Flushes, on this thread unless a round is running: it waits anyway.</summary>
    public void FlushNow()
    {
        Task flushed;
        bool isOwn;
        lock (_lock)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _next.Task;
            isOwn = !_running;
            _running = true;
        }

        if (isOwn)
        {
            TryRunNext();
            lock (_lock)
            {
                // Who came meanwhile is not this caller's to serve.
                _running = _next is not null;
                if (_running)
                {
                    QueueRounds();
                }
            }
        }

        SchedulePoint.BeforeWait(flushed, "flush.others");
        flushed.GetAwaiter().GetResult();
    }

    /// <summary>Whether anything was appended since the last flush.</summary>
    public bool IsDirty
    {
        get
        {
            lock (core.WriteLock)
            {
                return writer.DurableSequence < writer.Sequence || writer.SegmentsChanged;
            }
        }
    }

    /// <summary>Makes removals from <c>segments/</c> durable. If that fails nobody can know which files are still
    /// there after a power cut: the store is poisoned.</summary>
    public void SyncSegmentNames()
    {
        try
        {
            core.Directory.SyncDirectory(StoreFileNames.Segments);
        }
        catch (IOException e)
        {
            throw Poison(e);
        }
    }

    private void QueueRounds()
    {
#if PACKSTORE_PROOF
        if (SchedulePoint.IsScheduled)
        {
            new Task(RunRounds).Start(SchedulePoint.Background);
            return;
        }

#endif
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.RunRounds(), this, preferLocal: false);
    }

    private void RunRounds()
    {
        while (TryRunNext())
        {
        }
    }

    /// <summary>Runs a round for those who wait; false, and nothing runs any more, if nobody does.</summary>
    private bool TryRunNext()
    {
        TaskCompletionSource waiters;
        lock (_lock)
        {
            if (_next is null)
            {
                _running = false;
                return false;
            }

            waiters = _next;
            _next = null;
        }

        try
        {
            RunRound();
            waiters.SetResult();
        }
        catch (Exception e)
        {
            // Whatever it was goes to those who wait for this round; the next round starts afresh or finds the
            // poison.
            waiters.SetException(e);
        }

        return true;
    }

    private void RunRound()
    {
        SegmentAppender? active;
        SegmentAppender[] sealedOnes;
        ulong sequence;
        long activeEnd;
        bool segmentsChanged;
        lock (core.WriteLock)
        {
            if (writer.Poison is { } poison)
            {
                throw poison;
            }

            active = writer.Appender;
            activeEnd = active?.End ?? 0;
            sealedOnes = [.. writer.UnsyncedSealed];
            sequence = writer.Sequence;
            segmentsChanged = writer.SegmentsChanged;
            if (sequence == writer.DurableSequence && sealedOnes.Length == 0 && !segmentsChanged)
            {
                return;
            }

            // A segment that begins while this round syncs is for the next one.
            writer.SegmentsChanged = false;
        }

#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.CheckpointBeforeSync))
        {
            Settle(active, activeEnd, [], sequence);
            checkpointer.TryWriteCheckpoint(clean: false);
        }

        segmentsChanged &= !PlantedBugs.Has(PlantedBug.UnsyncedDirectory);
#endif
        SchedulePoint.Reach("commit.noted");
        long started = Stopwatch.GetTimestamp();
        SyncAll(active, activeEnd, sealedOnes, segmentsChanged);
        core.Metrics.Synced(Stopwatch.GetElapsedTime(started));
        SchedulePoint.Reach("commit.synced");
        Settle(active, activeEnd, sealedOnes, sequence);
        if (segmentsChanged)
        {
            checkpointer.TryWriteCheckpoint(clean: false);
        }
    }

    private void SyncAll(SegmentAppender? active, long activeEnd, SegmentAppender[] sealedOnes, bool segmentsChanged)
    {
        try
        {
            core.Loose.Sync();
            foreach (SegmentAppender appender in sealedOnes)
            {
                appender.Sync();
            }

            if (active is not null && active.Segment.DurableEnd < activeEnd && !sealedOnes.Contains(active))
            {
                active.Sync();
            }

            if (segmentsChanged)
            {
                core.Directory.SyncDirectory(StoreFileNames.Segments);
            }
        }
        catch (IOException e)
        {
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.FailedSyncRetried))
            {
                core.Log.Poisoned(e);
                return;
            }
#endif
            throw Poison(e);
        }
    }

    private StorePoisonedException Poison(IOException cause)
    {
        StorePoisonedException poison = new(core.Directory.FullPath, cause);
        lock (core.WriteLock)
        {
            writer.Poison ??= poison;
        }

        core.Log.Poisoned(cause);
        return poison;
    }

    /// <summary>Notes what is durable now, and removes loose files that only superseded records name.</summary>
    private void Settle(SegmentAppender? active, long activeEnd, SegmentAppender[] sealedOnes, ulong sequence)
    {
        List<string> superseded = [];
        lock (core.WriteLock)
        {
            writer.DurableSequence = Math.Max(writer.DurableSequence, sequence);
            foreach (SegmentAppender appender in sealedOnes)
            {
                appender.Segment.DurableEnd = appender.End;
                writer.UnsyncedSealed.Remove(appender);
                appender.Dispose();
            }

            if (active is not null)
            {
                active.Segment.DurableEnd = Math.Max(active.Segment.DurableEnd, activeEnd);
            }

            while (writer.SupersededLoose.TryPeek(
                    out (ulong Sequence, ArtifactKey Key, int Index, uint Generation, long Bytes) old)
                && old.Sequence <= sequence)
            {
                writer.SupersededLoose.Dequeue();
                writer.SupersededLooseBytes -= old.Bytes;
                string name = StoreFileNames.LooseFile(old.Key.Bytes, old.Index, old.Generation);
                // A newer version takes the name over where the older one's file was gone.
                if (LooseReferences.MayName(core, old.Key, old.Index, old.Generation))
                {
                    core.Loose.Claims.Remove(name);
                }
                else
                {
                    superseded.Add(name);
                }
            }
        }

        superseded.ForEach(name => core.TryDropLoose(name));
    }
}
