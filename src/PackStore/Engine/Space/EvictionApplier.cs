using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Space;

/// <summary>Takes chosen victims out of a frozen index, a batch under the write lock at a time. One that was used,
/// replaced or removed since it was chosen stays.</summary>
internal sealed class EvictionApplier(
    StoreEngine engine, IndexTable table, EvictionCandidates candidates, EvictionChoice choice)
{
    private readonly StoreCore _core = engine.Core;

    /// <summary>Why bytes have to go.</summary>
    public EvictionReason Reason { get; init; }

    /// <summary>Is told of each victim before it goes.</summary>
    public Action<EvictedArtifact>? OnVictim { get; init; }

    /// <summary>Is told how far it is.</summary>
    public IProgress<MaintenanceProgress>? Progress { get; init; }

    /// <summary>Takes them out, or counts them.</summary>
    public void Run(EvictionTally tally, EvictionMode mode, int batchSlots, CancellationToken cancellationToken)
    {
        List<int> batch = new(batchSlots);
        for (int i = 0; i < candidates.Count; i++)
        {
            if (!choice.IsVictim(i))
            {
                tally.Pinned += choice.IsSavedByPin(i) ? 1 : 0;
                continue;
            }

            if (OnVictim is not null)
            {
                Explain(i);
            }

            if (mode == EvictionMode.Plan)
            {
                Count(i, tally);
                continue;
            }

            batch.Add(i);
            if (batch.Count == batchSlots)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Apply(batch, tally, mode);
            }
        }

        Apply(batch, tally, mode);
        if (tally.Artifacts > 0 && mode == EvictionMode.Apply)
        {
            _core.Metrics.Evicted(tally.Artifacts, tally.Bytes);
            _core.Log.Evicted(tally.Artifacts, tally.Bytes);
        }
    }

    private void Count(int index, EvictionTally tally) => tally.Add(
        candidates.HourOf(index), candidates.BytesOf(index), candidates.LooseOf(index).Bytes, choice.IsAged(index));

    private void Apply(List<int> batch, EvictionTally tally, EvictionMode mode)
    {
        if (batch.Count == 0)
        {
            return;
        }

        lock (_core.WriteLock)
        {
            engine.Writes?.ThrowIfRefused();
            long taken = 0;
            foreach (int i in batch)
            {
                bool leavesTombstone = candidates.HasLoose(i) && mode == EvictionMode.Apply;
                if (leavesTombstone ? TryRemoveLoose(i, tally) : TryTake(i))
                {
                    Count(i, tally);
                    taken += leavesTombstone ? 0 : 1;
                }
            }

            if (taken > 0)
            {
                engine.Writer?.NoteEvicted(taken);
            }
        }

        batch.Clear();
        Progress?.Report(new MaintenanceProgress("evict", tally.Bytes, choice.Bytes, tally.Artifacts, 0));
    }

    private bool TryTake(int index)
    {
        RecordLocation location = candidates.LocationOf(index);
        if (!IndexScan.TryTake(table, candidates.SlotOf(index), location, candidates.HourOf(index)))
        {
            return false;
        }

        int length = candidates.LengthOf(index);
        if (_core.State.Segments.TryGet(location.SegmentId, out Segment? segment))
        {
            segment.AddLive(-length);
        }

        (int files, long bytes) = candidates.LooseOf(index);
        _core.Accounting.Add(-1, -candidates.PayloadsOf(index), -files, -bytes, -length);
        return true;
    }

    private bool TryRemoveLoose(int index, EvictionTally tally)
    {
        RecordLocation location = candidates.LocationOf(index);
        if (!IndexScan.IsAt(table, candidates.SlotOf(index), location, candidates.HourOf(index))
            || !_core.State.Segments.TryGet(location.SegmentId, out Segment? segment)
            || !StoreCore.TryReadKey(segment, location.Offset, out ArtifactKey key, out _))
        {
            return false;
        }

        try
        {
            return engine.Writes!.Remove(key, out bool wasThere) != 0 && wasThere;
        }
        catch (StoreFullException e)
        {
            _core.Log.HintFailed("A tombstone of an evicted artifact", e);
            tally.Refused++;
            return false;
        }
    }

    private void Explain(int index)
    {
        RecordLocation location = candidates.LocationOf(index);
        if (_core.State.Segments.TryGet(location.SegmentId, out Segment? segment)
            && StoreCore.TryReadKey(segment, location.Offset, out ArtifactKey key, out _))
        {
            OnVictim!(new EvictedArtifact(
                key, _core.TimeOf(candidates.HourOf(index)), candidates.BytesOf(index),
                choice.IsAged(index) ? EvictionReason.Age : Reason));
        }
    }
}
