using System.Diagnostics.CodeAnalysis;
using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>Lists artifacts in index order, one at a time, so that no epoch section spans the caller's code.</summary>
internal static class StoreEnumerator
{
    /// <summary>All artifacts that are live. Waits for an index that is being rebuilt.</summary>
    public static IEnumerable<ArtifactMetadata> Run(StoreEngine engine)
    {
        engine.Recovery.Wait(CancellationToken.None);
        engine.Follow();
        IndexTable table = Keep(engine);
        try
        {
            using IEnumerator<(ulong Word, ushort Hour)> slots = table.Enumerate().GetEnumerator();
            while (TryReadNext(engine, slots, out ArtifactMetadata? metadata))
            {
                yield return metadata;
            }
        }
        finally
        {
            table.Release();
        }
    }

    /// <summary>The index, for longer than an epoch section: a reader may take another one up meanwhile.</summary>
    private static IndexTable Keep(StoreEngine engine)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            IndexTable table = engine.Core.State.Table;
            table.AddReference();
            return table;
        }
        finally
        {
            slot.Leave(token);
        }
    }

    /// <summary>Goes on to the next artifact that can be read, without touching the index once the store is
    /// closed.</summary>
    private static bool TryReadNext(
        StoreEngine engine, IEnumerator<(ulong Word, ushort Hour)> slots,
            [NotNullWhen(true)] out ArtifactMetadata? metadata)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            Throw.IfClosed(engine.IsClosed);
            SchedulePoint.Reach("list.open");
            metadata = null;
            // Taken before the slot is read: it then has every segment that the slot can lead to, but for those that
            // came since, which the newest state has.
            StoreState state = engine.Core.State;
            while (metadata is null && slots.MoveNext())
            {
                metadata = TryRead(state, slots.Current.Word, slots.Current.Hour);
                state = engine.Core.State;
            }

            return metadata is not null;
        }
        finally
        {
            slot.Leave(token);
        }
    }

    private static ArtifactMetadata? TryRead(StoreState state, ulong word, ushort hour)
    {
        long offset = IndexWord.Offset(word);
        int id = IndexWord.SegmentId(word);
        StoreCore core = state.Core;
        return (state.Segments.TryGet(id, out Segment? segment) || core.State.Segments.TryGet(id, out segment))
            && RecordReader.TryReadRecord(segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record,
                out _)
            && header.Kind == RecordKind.Artifact
            && RecordReader.FindProblem(record, header, payloads: false, out _) is null
            ? MetadataReader.TryRead(core, record, segment.Id, offset, hour)
            : null;
    }
}
