namespace PackStore.Tests.Crash;

/// <summary>Records in a segment whose footer reached the disk, while they themselves did not: the older ones that they
/// replace, which are durable, have to win.</summary>
internal sealed class ReplacementCrashScenarios : CrashScenarioSet
{
    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        yield return new("sealed overwrite", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Flush, CrashStep.Put(1, 3400),
            CrashStep.Put(2, 3400), CrashStep.Put(3, 3400), CrashStep.Read, CrashStep.Remove(1));
    }
}
