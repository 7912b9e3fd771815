using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>The store is closed beside whatever uses it.</summary>
internal static class ClosingScenarios
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() => [.. MakeClosing(), .. MakeClosingUnderWork()];

    private static IEnumerable<InterleavingScenario> MakeClosing()
    {
        yield return new()
        {
            Name = "close",
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, me) => Gets(run, me, 1, 2),
                static (run, _) => run.Close(),
                static (run, me) => run.Put(me, 1, 90),
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
        yield return new()
        {
            Name = "close under owners",
            Lengths = [100, 5000],
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, me) => run.GetOwned(me, 1),
                static (run, _) => run.Close(),
                static (run, me) => run.GetMany(me, 2, 1),
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeClosingUnderWork()
    {
        yield return new()
        {
            Name = "list under close",
            FollowerCount = 1,
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, _) => run.Enumerate(run.Store),
                static (run, _) => run.Enumerate(run.Followers[0]),
                static (run, _) =>
                {
                    run.Close();
                    run.CloseFollower(0);
                },
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
        yield return new()
        {
            Name = "snapshot under close",
            Before = static run => Twice(run, 1, 2),
            Threads =
            [
                static (run, _) => run.Store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None),
                static (run, _) => run.Close(),
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
    }
}
