using PackStore.Segments;

namespace PackStore.Engine.Space;

/// <summary>Turns limits into what an eviction has to reach.</summary>
internal static class SpacePolicy
{
    /// <summary>Checks options that a caller gives for one eviction.</summary>
    public static void Check(EvictionOptions options)
    {
        if (options.MaxBytes is < 0 || options.MinFreeBytes is < 0 || options.MaxAge is { Ticks: < 0 })
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), "MaxBytes, MinFreeBytes and MaxAge are not negative.");
        }
    }

    /// <summary>The target of an eviction that a caller asks for.</summary>
    public static EvictionTarget TargetOf(StoreCore core, EvictionOptions options)
    {
        PackStoreOptions store = core.Options;
        long max = options.MaxBytes ?? store.MaxBytes ?? long.MaxValue;
        return Limit(core, max, options.MinFreeBytes ?? store.MinFreeBytes, options.MaxAge ?? store.MaxAge);
    }

    /// <summary>The target of maintenance: nothing below the high watermark, else the low one.</summary>
    public static EvictionTarget TargetOfMaintenance(StoreCore core)
    {
        PackStoreOptions store = core.Options;
        long max = store.MaxBytes is { } cap && core.Accounting.LiveBytes > cap * store.HighWatermark
            ? (long)(cap * store.LowWatermark)
            : long.MaxValue;
        return Limit(core, max, store.MinFreeBytes, store.MaxAge);
    }

    /// <summary>The target when a put of so many bytes finds no room below the cap.</summary>
    /// <param name="core">The store.</param>
    /// <param name="bytes">What the put is short of.</param>
    /// <param name="charged">What other puts under way have been promised.</param>
    /// <param name="step">What it takes at most, if that makes enough room.</param>
    public static EvictionTarget TargetOfPut(StoreCore core, long bytes, long charged, long step)
    {
        long cap = core.Options.MaxBytes ?? long.MaxValue;
        long low = core.Options.MaxBytes is null ? cap : (long)(cap * core.Options.LowWatermark);
        long wanted = Math.Max(low, core.Accounting.LiveBytes - step);
        return new EvictionTarget(Math.Max(0, Math.Min(wanted, cap - charged - bytes)), 0, EvictionReason.Space);
    }

    /// <summary>One step towards a target.</summary>
    public static EvictionTarget StepTo(StoreCore core, in EvictionTarget target, long step) =>
        target with { MaxLiveBytes = Math.Max(target.MaxLiveBytes, core.Accounting.LiveBytes - step) };

    /// <summary>Bytes of segments that no live record needs: what compaction can give back.</summary>
    public static long DeadBytes(StoreCore core)
    {
        long dead = 0;
        foreach (Segment segment in core.State.Segments.All)
        {
            dead += Math.Max(0, segment.CommittedEnd - Format.SegmentHeaderLayout.Size - segment.LiveBytes);
        }

        return dead;
    }

    private static EvictionTarget Limit(StoreCore core, long maxLive, long minFree, TimeSpan? maxAge)
    {
        EvictionReason reason = EvictionReason.Space;
        if (minFree > 0)
        {
            // What is dead already comes free without an eviction.
            long missing = minFree - core.Directory.AvailableBytes() - DeadBytes(core);
            long limit = core.Accounting.LiveBytes - missing;
            if (missing > 0 && limit < maxLive)
            {
                maxLive = Math.Max(0, limit);
                reason = EvictionReason.FreeSpace;
            }
        }

        int minHour = maxAge is { } age ? core.HourOf(Before(core.Options.TimeProvider.GetUtcNow(), age)) : 0;
        return new EvictionTarget(maxLive, minHour, reason);
    }

    private static DateTimeOffset Before(DateTimeOffset now, TimeSpan age) =>
        age < now - DateTimeOffset.UnixEpoch ? now - age : DateTimeOffset.UnixEpoch;
}
