using PackStore.Engine;

namespace PackStore;

/// <summary>Room for one result of a batched lookup. Callers keep arrays of it, or put them on the stack, and look
/// inside never.</summary>
public struct PayloadBatchSlot
{
    internal StoreState? State;
    internal ulong Place;
    internal int Length;
    internal DetachedPayloads? Detached;
}
