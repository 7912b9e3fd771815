using System.Runtime.CompilerServices;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Proof;

namespace PackStore;

/// <summary>Looks up many keys in groups, in three passes each: index lines, record lines, then the lookups themselves.
/// Each pass has the next one's memory fetched, so that the cache misses of a group overlap.</summary>
internal static class BatchFactory
{
    /// <summary>Keys whose misses overlap: about as many as a core has in flight.</summary>
    private const int Group = 16;

    /// <summary>Looks up keys; hits count as uses.</summary>
    public static PayloadBatch Find(
        StoreEngine engine, scoped ReadOnlySpan<ArtifactKey> keys, Span<PayloadBatchSlot> results)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        bool kept = false;
        try
        {
            Throw.IfClosed(engine.IsClosed);
            for (int from = 0; from < keys.Length; from += Group)
            {
                int count = Math.Min(Group, keys.Length - from);
                FindGroup(engine, keys.Slice(from, count), results.Slice(from, count));
            }

            kept = true;
            return new PayloadBatch(slot, token, results);
        }
        finally
        {
            if (!kept)
            {
                slot.Leave(token);
            }
        }
    }

    private static void FindGroup(
        StoreEngine engine, scoped ReadOnlySpan<ArtifactKey> keys, scoped Span<PayloadBatchSlot> results)
    {
        Span<ulong> hashes = stackalloc ulong[Group];
        StoreCore core = engine.Core;
        SchedulePoint.Reach("batch.entered");
        if (core.IsSteady)
        {
            SchedulePoint.Reach("batch.steady");
            FindGroupHot(engine, core.State, keys, hashes, results);
            return;
        }

        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = core.HashOf(keys[i]);
            engine.Reads.PrefetchBucket(hashes[i]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            engine.Reads.PrefetchRecord(hashes[i]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            results[i] = FindSlot(engine, keys[i], hashes[i]);
        }
    }

    /// <summary>The steady state, as in <see cref="LeaseFactory.Find"/>; a key that is not that simple is looked up in
    /// full.</summary>
    private static void FindGroupHot(
        StoreEngine engine, StoreState state, scoped ReadOnlySpan<ArtifactKey> keys, scoped Span<ulong> hashes,
        scoped Span<PayloadBatchSlot> results)
    {
        StoreCore core = engine.Core;
        for (int i = 0; i < keys.Length; i++)
        {
            ref readonly ArtifactKey key = ref keys[i];
            hashes[i] = key.Length == KeyHash.DigestLength
                ? core.Hash.OfDigest(key) & core.HashMask
                : core.HashOf(key);
            state.Table.Prefetch(hashes[i]);
        }

        SchedulePoint.Reach("batch.hashed");
        Span<ulong> words = stackalloc ulong[Group];
        for (int i = 0; i < keys.Length; i++)
        {
            ulong word = ReadPath.FindHot(core, state, hashes[i]);
            words[i] = word;
            if ((word & IndexWord.Verified) != 0)
            {
                state.Segments.PrefetchHot(word);
            }
        }

        for (int i = 0; i < keys.Length; i++)
        {
            SchedulePoint.Reach("batch.probed");
            ref readonly ArtifactKey key = ref keys[i];
            ulong word = words[i];
            ref PayloadBatchSlot result = ref results[i];
            ReadOnlySpan<byte> record = (word & IndexWord.Verified) != 0 && key.Length == KeyHash.DigestLength
                ? ReadPath.ReadHot(core, state, word)
                : default;
            if (RecordHeader.IsPlainDigest(record, key.Padded))
            {
                result.State = state;
                result.Place = word;
                result.Length = record.Length;
                result.Detached = null;
            }
            else if (word == IndexWord.Absent)
            {
                result = default;
            }
            else
            {
                result = FindSlot(engine, key, hashes[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PayloadBatchSlot FindSlot(StoreEngine engine, in ArtifactKey key, ulong hash)
    {
        while (engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? put))
        {
            if (LeaseFactory.TryResolvePending(engine, put) is { } pendingPayloads)
            {
                return new PayloadBatchSlot
                {
                    State = engine.Core.State,
                    Place = LeasePlace.Of(default, engine.Core.Hour),
                    Detached = pendingPayloads,
                };
            }

            if (pending.IsCurrent(put))
            {
                return default;
            }
        }

        if (key.Length == 0 || !engine.Reads.TryFind(key, hash, touch: true, out FoundRecord found))
        {
            return default;
        }

        DetachedPayloads? detached = null;
        if ((RecordHeader.ReadFlags(found.Record) & RecordFlags.Detached) != 0)
        {
            detached = LeaseFactory.TryResolve(engine, key, touch: true, ref found);
            if (detached is null)
            {
                return default;
            }
        }

        return new PayloadBatchSlot
        {
            State = found.State,
            Place = found.Place,
            Length = found.Record.Length,
            Detached = detached,
        };
    }
}
