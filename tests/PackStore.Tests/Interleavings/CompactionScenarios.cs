using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>Segments are rewritten beside whoever has looked something up in them, or is about to.</summary>
internal static class CompactionScenarios
{
    private const int Length = 3500;

    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() =>
        [.. MakeReaders(), .. MakeWriters(), .. MakeRemovals(), .. MakeFolds()];

    private static IEnumerable<InterleavingScenario> MakeReaders()
    {
        yield return new()
        {
            Name = "compact",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4, 5],
            Lengths = [Length],
            FollowerCount = 1,
            Before = HalfDead,
            Threads =
            [
                static (run, me) => Gets(run, me, 1, 3),
                static (run, _) =>
                {
                    run.Compact();
                    InterleavingRun.Reap(1);
                },
                static (run, me) => Follows(run, me, 1, 2, 3),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeWriters()
    {
        yield return new()
        {
            Name = "compact under puts",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4, 5],
            Lengths = [Length],
            Before = HalfDead,
            Threads =
            [
                static (run, _) =>
                {
                    run.Compact();
                    InterleavingRun.Reap(1);
                },
                static (run, me) =>
                {
                    run.Put(me, 1, Length);
                    run.Put(me, 3, 100);
                },
                static (run, _) => run.Store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None),
                static (run, me) => Gets(run, me, 3, 1),
            ],
        };
        yield return new()
        {
            Name = "compact under close",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4, 5],
            Lengths = [Length],
            Before = HalfDead,
            Threads =
            [
                static (run, _) => run.Compact(),
                static (run, me) => Gets(run, me, 1, 3),
                static (run, _) => run.Close(),
                static (_, _) => InterleavingRun.Reap(2),
            ],
        };
    }

    private static IEnumerable<InterleavingScenario> MakeRemovals()
    {
        yield return new()
        {
            Name = "compact under a removal, snapshot",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4, 5],
            Lengths = [Length],
            Before = HalfDead,
            Threads =
            [
                static (run, _) => run.Compact(),
                static (run, me) =>
                {
                    run.Remove(me, 3);
                    run.Store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None);
                },
                static (run, me) => Gets(run, me, 3, 1),
            ],
        };
        yield return new()
        {
            Name = "compact under a removal, followed",
            SegmentBytes = 16 << 10,
            Keys = [1, 2, 3, 4, 5],
            Lengths = [Length],
            FollowerCount = 1,
            Before = HalfDead,
            Threads =
            [
                static (run, _) => run.Compact(),
                static (run, me) =>
                {
                    run.Remove(me, 3);
                    Follows(run, me, 3);
                },
                static (run, me) => Follows(run, me, 3, 1),
            ],
        };
    }

    // Payloads of keys 1 to 3 go into loose files, that of key 6 out of one.
    private static IEnumerable<InterleavingScenario> MakeFolds()
    {
        yield return new()
        {
            Name = "fold",
            SegmentBytes = 32 << 10,
            Keys = [1, 2, 3],
            Lengths = [4500],
            LooseBytesBefore = 64 << 10,
            FollowerCount = 1,
            Before = WithShortFile,
            Threads =
            [
                static (run, me) => Gets(run, me, 6, 1),
                static (run, _) =>
                {
                    run.Compact();
                    InterleavingRun.Reap(1);
                },
                static (run, me) => Follows(run, me, 6, 1, 6),
            ],
        };
        yield return new()
        {
            Name = "fold under puts and removals",
            SegmentBytes = 32 << 10,
            Keys = [1, 2, 3],
            Lengths = [4500],
            LooseBytesBefore = 64 << 10,
            Before = WithShortFile,
            Threads =
            [
                static (run, _) =>
                {
                    run.Compact();
                    InterleavingRun.Reap(1);
                },
                static (run, me) =>
                {
                    run.Put(me, 1, 5000);
                    run.Remove(me, 6);
                    run.PutAdopted(me, 6, 900);
                },
                static (run, me) => Gets(run, me, 6, 1, 3),
            ],
        };
    }

    private static void WithShortFile(InterleavingRun run)
    {
        run.PutAdopted(InterleavingRun.Itself, 6, 800);
        run.Put(InterleavingRun.Itself, 2, 100);
        Twice(run, 1, 2, 3, 6);
    }

    /// <summary>Keys 1 and 3 stay where they were, beside what is dead; all were looked up of late.</summary>
    private static void HalfDead(InterleavingRun run)
    {
        run.Put(InterleavingRun.Itself, 2, Length);
        run.Remove(InterleavingRun.Itself, 4);
        Twice(run, 1, 2, 3, 5);
    }
}
