using System.Runtime.CompilerServices;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore;

/// <summary>Turns lookups into leases: enters the epoch, finds, resolves what is detached, and leaves again on a
/// miss.</summary>
internal static class LeaseFactory
{
    /// <summary>Looks up one key; a hit counts as a use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PayloadLease Find(StoreEngine engine, EpochSlot slot, scoped in ArtifactKey key)
    {
        StoreCore core = engine.Core;
        // What a call fills in stands apart from what is made here, so that the latter can stay in registers.
        PayloadLease other;
        if (!slot.IsFree || key.Length != KeyHash.DigestLength)
        {
            FindOther(engine, slot, key, out other);
            return other;
        }

        ulong token = EpochGate.EnterFree(slot);
        SchedulePoint.Reach("lease.entered");
        // Inside the epoch section: a close that comes after this look waits for us before it frees anything.
        if (core.IsSteady)
        {
            SchedulePoint.Reach("lease.steady");
            StoreState state = core.State;
            ulong hash = core.Hash.OfDigest(key) & core.HashMask;
            ulong word = ReadPath.FindHot(core, state, hash);
            SchedulePoint.Reach("lease.probed");
            if ((word & IndexWord.Verified) != 0)
            {
                ReadOnlySpan<byte> record = ReadPath.ReadHot(core, state, word);
                if (RecordHeader.IsPlainDigest(record, key.Padded))
                {
                    return new PayloadLease(state, slot, token, word, record, RecordHeader.ReadCount(record), null);
                }
            }
            else if (word == IndexWord.Absent)
            {
                slot.Leave(token);
                return default;
            }
        }

        FindSlow(engine, key, slot, token, touch: true, out other);
        return other;
    }

    /// <summary>Looks up one key; recency is left alone.</summary>
    public static PayloadLease Peek(StoreEngine engine, scoped in ArtifactKey key)
    {
        EpochSlot slot = EpochGate.Slot;
        FindSlow(engine, key, slot, EpochGate.Enter(slot), touch: false, out PayloadLease lease);
        return lease;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FindOther(
        StoreEngine engine, EpochSlot slot, scoped in ArtifactKey key, out PayloadLease lease) =>
        FindSlow(engine, key, slot, EpochGate.Enter(slot), touch: true, out lease);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FindSlow(
        StoreEngine engine, scoped in ArtifactKey key, EpochSlot slot, ulong token, bool touch, out PayloadLease lease)
    {
        bool kept = false;
        lease = default;
        try
        {
            // Inside the epoch section: a close that comes after this look waits for us before it frees anything.
            Throw.IfClosed(engine.IsClosed);
            SchedulePoint.Reach("lease.open");
            while (engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? put))
            {
                kept = TryLeasePending(engine, put, slot, token, ref lease);
#if PACKSTORE_PROOF
                if (PlantedBugs.Has(PlantedBug.PendingMissBelieved))
                {
                    return;
                }
#endif
                if (kept || pending.IsCurrent(put))
                {
                    return;
                }

                // Written meanwhile: from then on its files are the caller's again, who may have removed them.
            }

            if (key.Length != 0 && engine.Reads.TryFind(key, engine.Core.HashOf(key), touch, out FoundRecord found))
            {
                DetachedPayloads? detached = null;
                if ((RecordHeader.ReadFlags(found.Record) & RecordFlags.Detached) != 0)
                {
                    detached = TryResolve(engine, key, touch, ref found);
                    if (detached is null)
                    {
                        return;
                    }
                }

                kept = true;
                int plainCount = detached is null ? RecordBody.PlainCount(found.Record) : 0;
                lease = new PayloadLease(
                    found.State, slot, token, found.Place, found.Record, plainCount, detached);
            }
        }
        finally
        {
            if (!kept)
            {
                slot.Leave(token);
            }
        }
    }

    /// <summary>Reads the metadata of a key; null if it is not there. Payload bytes are not touched.</summary>
    public static ArtifactMetadata? TryReadMetadata(StoreEngine engine, in ArtifactKey key)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            StoreCore core = engine.Core;
            if (engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? put))
            {
                return MetadataReader.TryRead(core, put.Record, 0, 0, core.Hour);
            }

            return key.Length != 0 && engine.Reads.TryFindHead(key, core.HashOf(key), out FoundRecord found)
                ? MetadataReader.TryRead(core, found.Record, found.Segment.Id, found.Offset, found.Hour)
                : null;
        }
        finally
        {
            slot.Leave(token);
        }
    }

    /// <summary>Whether a key is there. Payload bytes are not touched.</summary>
    public static bool Contains(StoreEngine engine, in ArtifactKey key)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            return key.Length != 0
                && ((engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out _))
                    || engine.Reads.TryFindHead(key, engine.Core.HashOf(key), out _));
        }
        finally
        {
            slot.Leave(token);
        }
    }

    /// <summary>Makes what is detached present. Where that fails because the artifact was replaced after it was found,
    /// and its loose files
    /// are gone, the newer one is looked at.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DetachedPayloads? TryResolve(StoreEngine engine, in ArtifactKey key, bool touch,
        ref FoundRecord found)
    {
        while (true)
        {
            SchedulePoint.Reach("lease.resolving");
            DetachedPayloads? detached = DetachedPayloads.TryResolve(engine.Core, key, found.Header, found.Record,
                null);
            Segment segment = found.Segment;
            long offset = found.Offset;
            if (detached is not null || !engine.Reads.TryFind(key, engine.Core.HashOf(key), touch, out found)
                || (ReferenceEquals(found.Segment, segment) && found.Offset == offset))
            {
                return detached;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryLeasePending(
        StoreEngine engine, PendingPut put, EpochSlot slot, ulong token, ref PayloadLease lease)
    {
        DetachedPayloads? detached = TryResolvePending(engine, put);
        if (detached is null)
        {
            return false;
        }

        StoreCore core = engine.Core;
        lease = new PayloadLease(
            core.State, slot, token, LeasePlace.Of(default, core.Hour), put.Record, plainCount: 0, detached);
        return true;
    }

    /// <summary>Makes the payloads of a pending put present.</summary>
    public static DetachedPayloads? TryResolvePending(StoreEngine engine, PendingPut put)
    {
        SchedulePoint.Reach("lease.pending");
        DetachedPayloads? detached = DetachedPayloads.TryResolve(
            engine.Core, put.Key, RecordHeader.ReadUnchecked(put.Record), put.Record, put.Paths);
        if (detached is not null)
        {
            detached.Record = put.Record;
        }

        return detached;
    }
}
