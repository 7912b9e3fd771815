using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>Puts, removals and hits beside each other.</summary>
internal static class ReadWriteScenarios
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() => [.. MakeBasic(), .. MakeMany(), .. MakeRoll()];

    private static IEnumerable<InterleavingScenario> MakeBasic()
    {
        yield return new()
        {
            Name = "overwrite",
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 200);
                    run.Put(me, 1, 30);
                },
                static (run, me) => Gets(run, me, 1, 1),
                static (run, me) => Gets(run, me, 1, 2),
            ],
        };
        yield return new()
        {
            Name = "remove",
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, me) =>
                {
                    run.Remove(me, 1);
                    run.Put(me, 1, 50);
                    run.Remove(me, 2);
                },
                static (run, me) => Gets(run, me, 1, 1, 2),
                static (run, me) => Gets(run, me, 2, 1),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeMany()
    {
        yield return new()
        {
            Name = "batch",
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, [1, 3], 40);
                    run.Remove(me, 2);
                },
                static (run, me) => run.GetMany(me, 1, 2, 3),
                static (run, me) => run.GetMany(me, 3, 1),
            ],
        };
        yield return new()
        {
            Name = "two writers",
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 100);
                    run.Remove(me, 2);
                },
                static (run, me) =>
                {
                    run.Put(me, 2, 40);
                    run.Put(me, 1, 300);
                    run.Remove(me, 1);
                },
                static (run, me) => Gets(run, me, 1, 2, 1),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeRoll()
    {
        yield return new()
        {
            Name = "roll",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4],
            Lengths = [3500],
            Before = static run => Twice(run, 1, 4),
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 3500);
                    run.Put(me, 5, 3000);
                },
                static (run, me) => Gets(run, me, 4, 1, 5),
                static (run, me) => Gets(run, me, 1, 5),
            ],
        };
    }
}
