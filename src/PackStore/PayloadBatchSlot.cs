using PackStore.Engine;
using PackStore.Segments;

namespace PackStore;

/// <summary>Room for one result of a batched lookup. Callers keep arrays of it, or put them on the stack, and look
/// inside never.</summary>
public struct PayloadBatchSlot
{
    internal Segment? Segment;
    internal long Offset;
    internal int Length;
    internal DetachedPayloads? Detached;
}
