using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>
/// Merges the runs into the index, at once where they are few, else on a thread of its own while the store serves; then
/// recounts what is live.
/// </summary>
internal sealed class RecoveryJob(StoreCore core, Action<bool> finished) : IDisposable
{
    /// <summary>Up to so many records are merged before open returns.</summary>
    public const int MergeAtOpen = 16 << 10;

    private const int BatchRecords = 256;
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _done = new(initialState: true);
    private Exception? _failure;

    /// <summary>Merges removals of the meantime; null when no job runs. Under the write lock.</summary>
    public IndexMerger? Merger { get; private set; }

    /// <summary>Whether a record could not be read and was left out.</summary>
    public bool MetUnreadable { get; private set; }

    /// <summary>Whether nothing is left to merge or count.</summary>
    public bool IsDone => _done.IsSet;

    /// <summary>Starts, and for few records also ends.</summary>
    /// <param name="runs">What the index lacks; published already as the state's recovery.</param>
    /// <param name="recount">Whether the counts of the checkpoint do not hold.</param>
    /// <param name="snapshot">Generation of a snapshot that has still to be checked in full; 0 for none.</param>
    public void Start(IReadOnlyList<RecoveryRun> runs, bool recount, ulong snapshot)
    {
        long records = runs.Sum(r => (long)r.Count);
        Merger = new IndexMerger(core, keepsUnclear: !core.IsReadOnly);
        if (records <= MergeAtOpen)
        {
            MergeAll(runs, CancellationToken.None);
            if (!recount || core.State.Table.Entries <= MergeAtOpen)
            {
                Finish(recount, CancellationToken.None);
                if (snapshot == 0)
                {
                    return;
                }

                recount = false;
            }

            runs = [];
        }

        bool count = recount || runs.Count > 0;
        _done.Reset();
        Thread thread = new(() => Run(runs, count, snapshot)) { IsBackground = true, Name = "packstore recovery" };
        thread.Start();
    }

    /// <summary>Waits until the index and the counts are complete.</summary>
    public void Wait(CancellationToken cancellationToken)
    {
        _done.Wait(cancellationToken);
        if (_failure is { } failure)
        {
            throw new PackStoreException($"The index could not be rebuilt: {failure.Message}", failure);
        }
    }

    /// <summary>Ends a merge that failed, for a reader that has loaded everything anew. Under the write lock.</summary>
    public void Forget() => Merger = null;

    /// <summary>Stops early; what is not merged is found again at the next open.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _done.Wait();
        _stop.Dispose();
        _done.Dispose();
    }

    private void Run(IReadOnlyList<RecoveryRun> runs, bool count, ulong snapshot)
    {
        try
        {
            if (count)
            {
                MergeAll(runs, _stop.Token);
                Finish(recount: true, _stop.Token);
            }

            if (snapshot != 0 && SnapshotStore.IsDamaged(core, snapshot, _stop.Token))
            {
                MergeEverything(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            core.Log.Ignored("index rebuild", "the store is being closed");
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException)
        {
            // The runs that are left stay in the state, so every artifact is still found; whoever waits is told.
            // Entries that a damaged snapshot lost are not, and nobody may save the index as if they did not exist.
            _failure = e;
            core.NoteUnreadable();
            core.Log.HintFailed("The index", e);
        }
        finally
        {
            _done.Set();
        }
    }

    /// <summary>Brings every record of every segment into the index again: entries that a damaged snapshot lost come
    /// back, and what is there already stays.</summary>
    private void MergeEverything(CancellationToken cancellationToken)
    {
        lock (core.WriteLock)
        {
            // From here on tombstones stay in the index: one that came after the runs were listed must not be gone when
            // an older record is merged.
            Merger = new IndexMerger(core, keepsUnclear: !core.IsReadOnly);
        }

        IReadOnlyList<RecoveryRun> runs = StateLoader.AllRuns(core);
        lock (core.WriteLock)
        {
            core.State = core.State with { Recovery = new RecoveryRuns(core, runs) };
        }

        MergeAll(runs, cancellationToken);
        Finish(recount: true, cancellationToken);
    }

    private void MergeAll(IReadOnlyList<RecoveryRun> runs, CancellationToken cancellationToken)
    {
        long merged = 0;
        for (int r = 0; r < runs.Count; r++)
        {
            RecoveryRun run = runs[r];
            run.EnsureChecked(core);
            for (int i = 0; i < run.Count; i += BatchRecords)
            {
                cancellationToken.ThrowIfCancellationRequested();
                EpochSlot slot = EpochGate.Slot;
                ulong token = EpochGate.Enter(slot);
                try
                {
                    MergeBatch(run, i);
                }
                finally
                {
                    slot.Leave(token);
                }
            }

            merged += run.Count;
            RecoveryRun[] rest = [.. runs.Skip(r + 1)];
            lock (core.WriteLock)
            {
                core.State = core.State with { Recovery = rest.Length == 0 ? null : new RecoveryRuns(core, rest) };
            }
        }

        lock (core.WriteLock)
        {
            // Null already if open has merged everything and only the recount is left.
            IReadOnlyList<RecoveryRun> left = Merger?.MergeLeft((ushort)core.Hour) ?? [];
            MetUnreadable |= Merger?.MetUnreadable ?? false;
            if (left.Count == 0)
            {
                Merger?.PurgeTombstones();
                Merger = null;
            }

            // What is left is asked for beside the index until the store is opened again, and the tombstones that it
            // has to meet stay.
            core.State = core.State with { Recovery = left.Count == 0 ? null : new RecoveryRuns(core, left) };
        }

        if (merged > 0)
        {
            core.Log.IndexRebuilt(merged);
        }
    }

    private void MergeBatch(RecoveryRun run, int from)
    {
        lock (core.WriteLock)
        {
            for (int i = from; i < Math.Min(run.Count, from + BatchRecords); i++)
            {
                DirectoryEntry entry = run[core, i];
                if (entry.Offset >= run.NotBefore)
                {
                    Merger!.Merge(run.Segment, entry, run.HourOf(core, i));
                }
            }
        }
    }

    /// <summary>What an index from before a compaction leads to in segments that are gone.</summary>
    private void RemoveLeftOvers()
    {
        const int Buckets = 4096;
        long all = core.State.Table.AllBuckets;
        for (long first = 0; first < all; first += Buckets)
        {
            lock (core.WriteLock)
            {
                SegmentMap segments = core.State.Segments;
                IndexSweeper.RemoveWhere(core.State.Table, first, Buckets, IsLeftOver);
                bool IsLeftOver(ulong word) => IndexWord.SegmentId(word) is var id
                    && !segments.TryGet(id, out _) && !core.AbsentSegments.Contains(id);
            }
        }
    }

    private void Finish(bool recount, CancellationToken cancellationToken)
    {
        if (recount)
        {
            RemoveLeftOvers();
            LiveRecount.Run(core, cancellationToken);
        }
        else
        {
            core.Accounting.IsExact = true;
        }

        finished(recount);
    }
}
