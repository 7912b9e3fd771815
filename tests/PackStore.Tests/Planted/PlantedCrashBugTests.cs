using PackStore.Proof;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Tests.Interleavings;
using PackStore.Tests.Repair;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Planted;

/// <summary>The proofs over disks in memory are proved themselves: each finds the bug that is planted for it, within a
/// budget that is a small part of what they spend otherwise.</summary>
[Collection(Alone.Name)]
public class PlantedCrashBugTests(ITestOutputHelper output)
{
    private const int States = 1_500;
    private const int DamagedStores = 500;
    private const int BitStep = 97;
    private const int Eio = 5;

    /// <summary>Bugs by name, since their type is internal, and the scenario that each shows itself in.</summary>
    public static TheoryData<string, string> CrashBugs => new()
    {
        { nameof(PlantedBug.UnsyncedDirectory), "put OnFlush" },
        { nameof(PlantedBug.UnsyncedLooseFile), "loose OnFlush" },
        { nameof(PlantedBug.CheckpointBeforeSync), "overwrite OnFlush" },
        { nameof(PlantedBug.SnapshotBeforeFlush), "snapshot" },
        { nameof(PlantedBug.LooseDeletedEarly), "loose OnFlush" },
        { nameof(PlantedBug.UncheckedReplacement), "loose OnFlush" },
        { nameof(PlantedBug.TailScanOffByOne), "put None" },
        { nameof(PlantedBug.TombstoneDropped), "compact a part with a tombstone" },
        { nameof(PlantedBug.FoldedDeletedEarly), "fold in, at once" },
    };

    [Theory]
    [MemberData(nameof(CrashBugs))]
    public async Task Crash_states_find_the_bug_planted_for_them(string bug, string scenario)
    {
        using IDisposable planted = PlantedBugs.Plant(Enum.Parse<PlantedBug>(bug));
        CrashSweep sweep = new(CrashScenario.Of(scenario), States, seed: 1);
        await sweep.RunAsync();
        output.WriteLine($"{bug}: {sweep.Problems.Count} bad states, {sweep.Tally}");
        Assert.NotEmpty(sweep.Problems);
    }

    [Fact]
    public async Task The_fault_sweep_finds_a_sync_that_is_tried_again()
    {
        using IDisposable planted = PlantedBugs.Plant(PlantedBug.FailedSyncRetried);
        CrashScenario scenario = CrashScenario.Of("put OnFlush");
        List<string> problems = [];
        int operations = await FaultSweepTests.RunAsync(scenario, FailingAt(int.MaxValue), "none", []);
        int at = 0;
        while (problems.Count == 0 && at < operations)
        {
            await FaultSweepTests.RunAsync(scenario, FailingAt(++at), $"operation {at}", problems);
        }

        output.WriteLine($"found at operation {at} of {operations}");
        Assert.NotEmpty(problems);
    }

    [Fact]
    public async Task The_damage_sweep_finds_a_checksum_that_is_skipped()
    {
        DamageSample sample = await DamageSample.CreateAsync();
        using IDisposable planted = PlantedBugs.Plant(PlantedBug.ChecksumSkipped);
        DamageOracle oracle = new(sample);
        int count = 0;
        string? problem = null;
        using IEnumerator<(string What, Func<StoreImage> Make)> damages = DamageKinds.Bits(sample)
            .Where(static d => d.What.Contains("segments/", StringComparison.Ordinal))
            .Where(static (_, i) => i % BitStep == 0).Take(DamagedStores).GetEnumerator();
        while (problem is null && damages.MoveNext())
        {
            count++;
            problem = oracle.FindProblem(damages.Current.Make());
        }

        output.WriteLine($"found in the store number {count}: {damages.Current.What}: {problem}");
        Assert.NotNull(problem);
    }

    private static FaultPlan FailingAt(int at) => new()
    {
        Errno = Eio,
        At = at,
        Matches = static (operation, name) =>
            operation == TestKit.StoreOperation.Sync && FaultSweepTests.CanFail(operation, name),
    };
}
