using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Format.Pins;
using PackStore.Index;

namespace PackStore.Engine.Space;

/// <summary>
/// Takes the least recently used artifacts out of the index until a target is reached: a scan of the index and its
/// hours to find them, directory blocks to learn their lengths, and one store a slot to take them out.
/// </summary>
/// <remarks>
/// No record is written for a victim without loose files: the next snapshot leaves it out, and until then a crash
/// brings it back, which does no harm. One with loose files gets a tombstone, because its files go and its record must
/// not be taken for damage. See docs/decisions/20261126-evicted-artifacts-leave-no-record.md.
/// </remarks>
internal sealed class Evictor(StoreEngine engine)
{
    /// <summary>Slots emptied under the write lock at a time.</summary>
    private const int BatchSlots = 256;

    private readonly StoreCore _core = engine.Core;

    /// <summary>Evicts on this thread. One at a time; waits for an index that is being rebuilt.</summary>
    /// <param name="aim">Says what to reach, once the counts are right.</param>
    /// <param name="mode">Whether anything is to change.</param>
    /// <param name="onVictim">Is told of each victim before it goes.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Stops it between two batches.</param>
    public EvictionReport Run(
        Func<StoreCore, EvictionTarget> aim, EvictionMode mode, Action<EvictedArtifact>? onVictim,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancellationToken)
    {
        lock (engine.Pins.Gate)
        {
            engine.Recovery.Wait(cancellationToken);
            engine.Follower?.Follow();
            if (!_core.Accounting.IsExact || _core.IsReadOnly)
            {
                LiveRecount.Run(_core, cancellationToken);
            }

            if (mode == EvictionMode.Apply)
            {
                // A snapshot without the victims must not meet a checkpoint that says "clean" and counts them.
                engine.Checkpoints!.EnsureMarked();
            }

            EpochSlot slot = EpochGate.Slot;
            ulong token = EpochGate.Enter(slot);
            try
            {
                return RunInside(aim(_core), mode, onVictim, progress, cancellationToken);
            }
            finally
            {
                slot.Leave(token);
            }
        }
    }

    private EvictionReport RunInside(
        in EvictionTarget target, EvictionMode mode, Action<EvictedArtifact>? onVictim,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancellationToken)
    {
        IndexTable table;
        lock (_core.WriteLock)
        {
            Throw.IfClosed(engine.IsClosed || engine.Writer is { IsClosed: true });
            table = _core.State.Table;
            table.Freeze();
        }

        try
        {
            EvictionTally tally = new(_core.Accounting.LiveBytes, mode);
            if (tally.LiveBefore > target.MaxLiveBytes || target.MinHour > 0)
            {
                EvictionCandidates candidates = Choose(table, target, out EvictionChoice choice, cancellationToken);
                EvictionApplier applier = new(engine, table, candidates, choice)
                {
                    Reason = target.Reason,
                    OnVictim = onVictim,
                    Progress = progress,
                };
                applier.Run(tally, mode, BatchSlots, cancellationToken);
            }

            return tally.Report(_core, target);
        }
        finally
        {
            lock (_core.WriteLock)
            {
                table.Thaw();
            }
        }
    }

    private EvictionCandidates Choose(
        IndexTable table, in EvictionTarget target, out EvictionChoice choice, CancellationToken cancellationToken)
    {
        HourCounts counts = new();
        IndexScan.Run(table, ref counts, cancellationToken);
        HashSet<RecordLocation> pinned = FindPinned();
        long live = _core.Accounting.LiveBytes;
        long bytes = Math.Max(0, live - target.MaxLiveBytes);
        long average = Math.Max(1, live / Math.Max(1, counts.Total));
        // As many as the average suggests; artifacts that were used long ago may be smaller ones, then more.
        long wanted = (bytes + average - 1) / average;
        while (true)
        {
            int lastHour = counts.HourOfCount(wanted, target.MinHour, out long count);
            EvictionCandidates candidates = new((int)Math.Min(count, Array.MaxLength));
            CandidateCollector collector = new(candidates, lastHour);
            IndexScan.Run(table, ref collector, cancellationToken);
            candidates.Sort();
            new RecordSizes(_core.State, candidates, cancellationToken).Fill();
            choice = new EvictionChoice(candidates, pinned, target.MinHour, bytes, lastHour);
            if (choice.Bytes >= bytes || count >= counts.Total)
            {
                return candidates;
            }

            wanted = count + (count / 8) + 1;
        }
    }

    /// <summary>Where the records of pinned artifacts stand: the only ones that an eviction reads for itself.</summary>
    private HashSet<RecordLocation> FindPinned()
    {
        HashSet<RecordLocation> pinned = [];
        StoreState state = _core.State;
        foreach (PinEntry pin in engine.Pins.Current(_core.Options.TimeProvider.GetUtcNow()))
        {
            if (IndexMerger.TryFindKey(
                _core, state, pin.Key, _core.HashOf(pin.Key), out IndexProbe probe, out RecordHeader _))
            {
                pinned.Add(IndexWord.Location(probe.Word));
            }
        }

        return pinned;
    }
}
