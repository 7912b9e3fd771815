namespace PackStore.Tests.Interleavings;

/// <summary>What threads of many scenarios do.</summary>
internal static class ScenarioSteps
{
    /// <summary>Gets keys one after the other.</summary>
    public static void Gets(InterleavingRun run, int me, params int[] keys) =>
        Array.ForEach(keys, k => run.Get(me, k));

    /// <summary>Gets keys from the first follower.</summary>
    public static void Follows(InterleavingRun run, int me, params int[] keys) =>
        Array.ForEach(keys, k => run.GetFollowed(me, 0, k));

    /// <summary>Checked, and used within the hour: the shortest way for a hit.</summary>
    public static void Twice(InterleavingRun run, params int[] keys)
    {
        Gets(run, InterleavingRun.Itself, keys);
        Gets(run, InterleavingRun.Itself, keys);
    }
}
