using static PackStore.Tests.Interleavings.ScenarioSteps;

namespace PackStore.Tests.Interleavings;

/// <summary>The index changes, grows and is saved beside its readers.</summary>
internal static class IndexScenarios
{
    private const int BucketsAtFirst = 64;

    // One more in an index of 64 buckets, and it grows.
    private const int EntriesBeforeGrowth = 313;
    private const int FirstFilling = 100;

    /// <summary>Makes them.</summary>
    public static IEnumerable<InterleavingScenario> Make() => MakeIndex();

    private static IEnumerable<InterleavingScenario> MakeIndex()
    {
        yield return new()
        {
            Name = "collisions",
            HashMask = 1,
            Keys = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
            Before = static run => Twice(run, 1, 9),
            Threads =
            [
                static (run, me) =>
                {
                    run.Put(me, [20, 21, 22], 30);
                    run.Remove(me, 9);
                    run.Put(me, 23, 30);
                },
                static (run, me) => Gets(run, me, 9, 20, 23),
                static (run, me) => Gets(run, me, 23, 1),
            ],
        };
        (int[] filling, int[] keys) = Growing();
        yield return new()
        {
            Name = "growth",
            Filling = filling,
            Keys = keys,
            Lengths = [16],
            Before = run => Twice(run, keys),
            Threads =
            [
                static (run, me) => run.Put(me, [1, 2, 3, 4, 5, 6], 16),
                (run, me) => Gets(run, me, keys[0], keys[1], 1),
                (run, me) => Gets(run, me, keys[2], 1, keys[3]),
            ],
        };
        yield return new()
        {
            Name = "snapshot",
            Filling = filling,
            Keys = keys,
            Lengths = [16],
            Threads =
            [
                static (run, _) => run.Store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None),
                (run, me) =>
                {
                    run.Put(me, [1, 2, 3, 4, 5, 6], 16);
                    run.Remove(me, keys[0]);
                },
                (run, me) => Gets(run, me, keys[2], keys[0]),
            ],
        };
    }

    /// <summary>Entries for an index that grows with the next one, and keys of the buckets that are split
    /// first.</summary>
    private static (int[] Filling, int[] Keys) Growing()
    {
        int[] all = [.. Enumerable.Range(FirstFilling, EntriesBeforeGrowth)];
        int[] keys = [.. Enumerable.Range(0, 2).SelectMany(bucket => all.Where(k =>
            InterleavingBase.HashOf(k) % BucketsAtFirst == (ulong)bucket).Take(2))];
        return ([.. all.Except(keys)], keys);
    }
}
