using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>Another process follows the writer.</summary>
internal static class FollowerScenarios
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() => MakeFollowers();

    private static IEnumerable<InterleavingScenario> MakeFollowers()
    {
        yield return new()
        {
            Name = "follow",
            FollowerCount = 1,
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 70);
                    run.Remove(me, 2);
                    run.Put(me, 3, 70);
                },
                static (run, me) => Follows(run, me, 1, 2, 3),
                static (run, me) => Follows(run, me, 3, 1),
            ],
        };
        yield return new()
        {
            Name = "follow over a roll",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3],
            Lengths = [3500],
            FollowerCount = 1,
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, 1, 3500);
                    run.Put(me, 4, 3500);
                },
                static (run, me) => Follows(run, me, 1, 4, 2),
                static (run, me) => Follows(run, me, 4, 1),
            ],
        };
        yield return new()
        {
            Name = "close a follower",
            FollowerCount = 1,
            Threads =
            [
                static (run, me) => run.Put(me, 1, 70),
                static (run, me) => Follows(run, me, 1, 2),
                static (run, _) => run.CloseFollower(0),
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
    }
}
