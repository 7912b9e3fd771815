using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>Group commit, checkpoints, loose files and pending ones.</summary>
internal static class DurabilityScenarios
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() => [.. MakeDurable(), .. MakeLoose(), .. MakePending()];

    private static IEnumerable<InterleavingScenario> MakeDurable()
    {
        yield return new()
        {
            Name = "group commit",
            Durability = Durability.OnCommit,
            Threads =
            [
                static (run, me) => run.Put(me, 1, 60),
                static (run, me) => run.Put(me, 2, 60),
                static (run, me) =>
                {
                    run.Remove(me, 1);
                    run.Put(me, 3, 60);
                },
            ],
        };
        yield return new()
        {
            Name = "flush and checkpoint",
            Durability = Durability.OnFlush,
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 60);
                    run.Put(me, 2, 60);
                },
                static (run, _) => run.Store.Engine.Commits!.FlushNow(),
                static (run, _) => run.Store.Engine.Checkpoints!.TryWriteCheckpoint(clean: false),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeLoose()
    {
        yield return new()
        {
            Name = "loose",
            Durability = Durability.OnFlush,
            Lengths = [5000, 20],
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 6000);
                    run.Store.Engine.Commits!.FlushNow();
                    run.Put(me, 1, 5000);
                },
                static (run, me) => Gets(run, me, 1, 1),
                static (run, me) => Gets(run, me, 1, 2),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakePending()
    {
        yield return new()
        {
            Name = "pending",
            Threads =
            [
                static (run, me) =>
                {
                    run.PutPending(me, 1, 300);
                    run.PutPending(me, 1, 200);
                    run.Put(me, 1, 40);
                },
                static (run, me) =>
                {
                    run.PutPending(me, 2, 300);
                    run.Remove(me, 2);
                },
                static (run, me) => Gets(run, me, 1, 2, 1),
            ],
        };
        yield return new()
        {
            Name = "pending until flushed",
            Threads =
            [
                static (run, me) => run.PutPendingAndFlush(me, 1, 300),
                static (run, me) => Gets(run, me, 1, 1),
                static (run, me) => run.GetMany(me, 2, 1),
            ],
        };
    }
}
