namespace PackStore.Engine.Space;

/// <summary>An eviction in steps: as the live bytes fall, so does what the disk may hold, and segments have to be
/// rewritten before more is evicted.</summary>
internal static class StepEviction
{
    /// <summary>Evicts as the store's limits and watermarks say; null if there was nothing to do.</summary>
    public static EvictionReport? Run(StoreEngine engine, CancellationToken cancellationToken)
    {
        // The low watermark is the aim of all steps, though after the first of them the high one is not crossed any
        // more.
        EvictionTarget? aim = null;
        EvictionReport? total = null;
        while (true)
        {
            EvictionReport step = engine.Evictor.Run(
                core => SpacePolicy.StepTo(
                    core, aim ??= SpacePolicy.TargetOfMaintenance(core), engine.Bound.EvictionStep),
                EvictionMode.Apply, null, null, cancellationToken);
            total = Together(total, step, aim!.Value);
            if (step.Artifacts == 0 || step.LiveBytesAfter <= aim.Value.MaxLiveBytes)
            {
                return total.Artifacts > 0 || !total.IsTargetMet ? total : null;
            }

            engine.Bound.MakeWay(0, cancellationToken);
        }
    }

    private static EvictionReport Together(EvictionReport? before, EvictionReport step, in EvictionTarget aim) => new()
    {
        Artifacts = (before?.Artifacts ?? 0) + step.Artifacts,
        AgedArtifacts = (before?.AgedArtifacts ?? 0) + step.AgedArtifacts,
        Bytes = (before?.Bytes ?? 0) + step.Bytes,
        Pinned = step.Pinned,
        LiveBytesBefore = before?.LiveBytesBefore ?? step.LiveBytesBefore,
        LiveBytesAfter = step.LiveBytesAfter,
        NewestVictim = step.NewestVictim ?? before?.NewestVictim,
        IsTargetMet = step.IsTargetMet && step.LiveBytesAfter <= aim.MaxLiveBytes,
    };
}
