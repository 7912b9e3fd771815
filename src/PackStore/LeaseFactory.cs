using System.Runtime.CompilerServices;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore;

/// <summary>Turns lookups into leases: enters the epoch, finds, resolves what is detached, and leaves again on a
/// miss.</summary>
internal static class LeaseFactory
{
    /// <summary>Looks up one key.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="key">The key.</param>
    /// <param name="touch">Whether a hit counts as a use.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PayloadLease Find(StoreEngine engine, scoped in ArtifactKey key, bool touch)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        // Inside the epoch section: a close that comes after this look waits for us before it frees anything.
        if (!engine.IsClosed && engine.Pending is not { IsEmpty: false } && key.Length != 0)
        {
            HotAnswer answer = engine.Reads.FindHot(key, engine.Core.HashOf(key), touch, out FoundRecord found);
            if (answer == HotAnswer.Hit)
            {
                return new PayloadLease(engine, slot, token, found, null);
            }

            if (answer == HotAnswer.Miss)
            {
                slot.Leave(token);
                return default;
            }
        }

        return FindSlow(engine, key, slot, token, touch);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PayloadLease FindSlow(
        StoreEngine engine, scoped in ArtifactKey key, EpochSlot slot, ulong token, bool touch)
    {
        bool kept = false;
        try
        {
            // Inside the epoch section: a close that comes after this look waits for us before it frees anything.
            Throw.IfClosed(engine.IsClosed);
            if (engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? put))
            {
                return FindPending(engine, put, slot, token, ref kept);
            }

            if (key.Length != 0 && engine.Reads.TryFind(key, engine.Core.HashOf(key), touch, out FoundRecord found))
            {
                DetachedPayloads? detached = null;
                if ((RecordHeader.ReadFlags(found.Record) & RecordFlags.Detached) != 0)
                {
                    detached = TryResolve(engine, key, touch, ref found);
                    if (detached is null)
                    {
                        return default;
                    }
                }

                kept = true;
                return new PayloadLease(engine, slot, token, found, detached);
            }

            return default;
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

    /// <summary>Looks up many keys in groups, in three passes each: index lines, record lines, then the lookups
    /// themselves.</summary>
    public static PayloadBatch FindMany(StoreEngine engine, scoped ReadOnlySpan<ArtifactKey> keys,
        Span<PayloadBatchSlot> results)
    {
        const int Group = 16;
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        bool kept = false;
        try
        {
            Throw.IfClosed(engine.IsClosed);
            Span<ulong> hashes = stackalloc ulong[Group];
            for (int from = 0; from < keys.Length; from += Group)
            {
                ReadOnlySpan<ArtifactKey> group = keys.Slice(from, Math.Min(Group, keys.Length - from));
                for (int i = 0; i < group.Length; i++)
                {
                    hashes[i] = engine.Core.HashOf(group[i]);
                    engine.Reads.PrefetchBucket(hashes[i]);
                }

                for (int i = 0; i < group.Length; i++)
                {
                    engine.Reads.PrefetchRecord(hashes[i]);
                }

                for (int i = 0; i < group.Length; i++)
                {
                    results[from + i] = FindSlot(engine, group[i], hashes[i]);
                }
            }

            kept = true;
            return new PayloadBatch(engine, slot, token, results);
        }
        finally
        {
            if (!kept)
            {
                slot.Leave(token);
            }
        }
    }

    private static PayloadBatchSlot FindSlot(StoreEngine engine, in ArtifactKey key, ulong hash)
    {
        if (engine.Pending is { IsEmpty: false } pending && pending.TryGet(key, out PendingPut? put))
        {
            DetachedPayloads? bytes = DetachedPayloads.TryResolve(
                engine.Core, key, RecordHeader.ReadUnchecked(put.Record), put.Record, put.Paths);
            return bytes is null ? default
                : new PayloadBatchSlot { Memory = put.Record, Detached = bytes, Length = put.Record.Length };
        }

        if (key.Length == 0 || !engine.Reads.TryFind(key, hash, touch: true, out FoundRecord found))
        {
            return default;
        }

        DetachedPayloads? detached = null;
        if ((RecordHeader.ReadFlags(found.Record) & RecordFlags.Detached) != 0)
        {
            detached = TryResolve(engine, key, touch: true, ref found);
            if (detached is null)
            {
                return default;
            }
        }

        return new PayloadBatchSlot
        {
            Segment = found.Segment,
            Offset = found.Offset,
            Length = found.Record.Length,
            Detached = detached,
        };
    }

    /// <summary>Makes what is detached present. Where that fails because the artifact was replaced after it was found,
    /// and its loose files
    /// are gone, the newer one is looked at.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static DetachedPayloads? TryResolve(StoreEngine engine, in ArtifactKey key, bool touch,
        ref FoundRecord found)
    {
        while (true)
        {
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
    private static PayloadLease FindPending(
        StoreEngine engine, PendingPut put, EpochSlot slot, ulong token, scoped ref bool kept)
    {
        DetachedPayloads? detached = DetachedPayloads.TryResolve(
            engine.Core, put.Key, RecordHeader.ReadUnchecked(put.Record), put.Record, put.Paths);
        if (detached is null)
        {
            return default;
        }

        kept = true;
        return new PayloadLease(engine, slot, token, put.Record, detached);
    }
}
