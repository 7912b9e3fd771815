using PackStore.Engine.Opening;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>What a reader needs, as one immutable value that is swapped whole (release store, acquire load).</summary>
/// <param name="Core">The store.</param>
/// <param name="Table">The index.</param>
/// <param name="Segments">The segments.</param>
/// <param name="Recovery">What the index does not know yet; null in the steady state.</param>
internal sealed record StoreState(StoreCore Core, IndexTable Table, SegmentMap Segments, RecoveryRuns? Recovery);
