using PackStore.Engine;

namespace PackStore.Tests.Compaction;

/// <summary>The record of a key, byte for byte, as it stands in its segment.</summary>
internal static class StoredRecord
{
    public static byte[] Of(ArtifactStore store, ArtifactKey key)
    {
        EpochSlot slot = EpochGate.Slot;
        ulong section = EpochGate.Enter(slot);
        try
        {
            return store.Engine.Reads.TryFind(key, store.Engine.Core.HashOf(key), touch: false, out FoundRecord found)
                ? found.Record.ToArray()
                : throw new InvalidOperationException($"{key} is a miss");
        }
        finally
        {
            slot.Leave(section);
        }
    }
}
