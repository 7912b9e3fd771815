using System.Runtime.CompilerServices;
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
        SeenSlot[] room = new SeenSlot[batchSlots];
        for (int next = 0; next < candidates.Count;)
        {
            Span<SeenSlot> victims = room.AsSpan(0, choice.NextVictims(ref next, room, out int savedByPin));
            tally.Pinned += savedByPin;
            Explain(victims);
            if (mode == EvictionMode.Plan)
            {
                tally.Add(choice.SumUp(victims));
            }
            else if (!victims.IsEmpty)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Apply(victims, tally, mode);
            }
        }

        if (tally.Artifacts > 0 && mode == EvictionMode.Apply)
        {
            _core.Metrics.Evicted(tally.Artifacts, tally.Bytes);
            _core.Log.Evicted(tally.Artifacts, tally.Bytes);
        }
    }

    private void Apply(Span<SeenSlot> victims, EvictionTally tally, EvictionMode mode)
    {
        List<SeenSlot> withTombstone = [];
        if (mode == EvictionMode.Apply && candidates.HaveLoose)
        {
            victims = victims[..SetAside(victims, withTombstone)];
        }

        lock (_core.WriteLock)
        {
            engine.Writes?.ThrowIfRefused();
            Take(victims, tally);
            foreach (SeenSlot victim in withTombstone)
            {
                if (TryRemove(victim, tally))
                {
                    tally.Add(choice.SumUp([victim]));
                }
            }
        }

        Progress?.Report(new MaintenanceProgress("evict", tally.Bytes, choice.Bytes, tally.Artifacts, 0));
    }

    /// <summary>Moves those with loose files to a list; gives the number of the others, which stay in front.</summary>
    private int SetAside(Span<SeenSlot> victims, List<SeenSlot> withLoose)
    {
        int others = 0;
        foreach (SeenSlot victim in victims)
        {
            if (candidates.HasLoose(victim.Number))
            {
                withLoose.Add(victim);
            }
            else
            {
                victims[others++] = victim;
            }
        }

        return others;
    }

    /// <summary>Takes victims out of the index and all counts. Nothing in here can fail half-way: the counts are right
    /// again before a tombstone is tried, or the write lock given back.</summary>
    /// <remarks>Slots are empty before the counts say so. Who reads the counts without the lock sees too much for a
    /// moment, never too little; a recount looks under the lock whether they changed.</remarks>
    private void Take(Span<SeenSlot> victims, EvictionTally tally)
    {
        Span<SeenSlot> taken = victims[..IndexScan.Take(table, victims)];
        for (int from = 0; from < taken.Length;)
        {
            // They are in the order of their places, so that a segment's are neighbours.
            int segmentId = taken[from].Location.SegmentId;
            int count = CountOfSegment(taken[from..], segmentId);
            EvictionSum sum = choice.SumUp(taken.Slice(from, count));
            from += count;
            tally.Add(sum);
            if (_core.State.Segments.TryGet(segmentId, out Segment? segment))
            {
                segment.AddLive(-sum.RecordBytes);
            }

            _core.Accounting.Add(-sum.Artifacts, -sum.Payloads, -sum.LooseFiles, -sum.LooseBytes, -sum.RecordBytes);
        }

        if (!taken.IsEmpty)
        {
            engine.Writer?.NoteEvicted(taken.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CountOfSegment(ReadOnlySpan<SeenSlot> slots, int segmentId)
    {
        int count = 0;
        while (count < slots.Length && IndexWord.SegmentId(slots[count].Word) == segmentId)
        {
            count++;
        }

        return count;
    }

    private bool TryRemove(in SeenSlot victim, EvictionTally tally)
    {
        RecordLocation location = victim.Location;
        if (!IndexScan.IsAsSeen(table, victim)
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

    private void Explain(ReadOnlySpan<SeenSlot> victims)
    {
        if (OnVictim is null)
        {
            return;
        }

        foreach (SeenSlot victim in victims)
        {
            RecordLocation location = victim.Location;
            if (_core.State.Segments.TryGet(location.SegmentId, out Segment? segment)
                && StoreCore.TryReadKey(segment, location.Offset, out ArtifactKey key, out _))
            {
                OnVictim(new EvictedArtifact(
                    key, _core.TimeOf(victim.Hour), candidates.BytesOf(victim.Number),
                    choice.IsAged(victim.Number) ? EvictionReason.Age : Reason));
            }
        }
    }
}
