namespace PackStore.Tests.Interleavings;

/// <summary>Every protocol of the engine that one thread follows beside another.</summary>
internal static class InterleavingScenarios
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<InterleavingScenario> All { get; } =
    [
        .. ReadWriteScenarios.Make(), .. IndexScenarios.Make(), .. FollowerScenarios.Make(), .. ClosingScenarios.Make(),
        .. DurabilityScenarios.Make(), .. CompactionScenarios.Make(),
    ];

    /// <summary>By name.</summary>
    public static InterleavingScenario Of(string name) => All.Single(s => s.Name == name);
}
