namespace PackStore.Engine.Space;

/// <summary>What one eviction has to reach.</summary>
/// <param name="MaxLiveBytes">Live bytes afterwards; <see cref="long.MaxValue"/> for no limit.</param>
/// <param name="MinHour">What was last used in an earlier hour goes; 0 for no limit.</param>
/// <param name="Reason">Why bytes have to go.</param>
internal readonly record struct EvictionTarget(long MaxLiveBytes, int MinHour, EvictionReason Reason);
