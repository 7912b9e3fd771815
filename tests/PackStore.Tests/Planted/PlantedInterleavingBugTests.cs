using PackStore.Proof;
using PackStore.Tests.Interleavings;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Planted;

/// <summary>The search through interleavings finds the bug that is planted for it within some hundred
/// schedules.</summary>
[Collection(Alone.Name)]
public class PlantedInterleavingBugTests(ITestOutputHelper output)
{
    private const int Schedules = 450;
    private const int Seed = 1;

    /// <summary>Bugs, and the scenario that each shows itself in.</summary>
    public static TheoryData<string, string> Bugs => new()
    {
        { nameof(PlantedBug.PublishBeforeWrite), "overwrite" },
        { nameof(PlantedBug.HeadBeforeBytes), "follow" },
        { nameof(PlantedBug.UnmapBeforeDrain), "close" },
        { nameof(PlantedBug.CloseUnseen), "close" },
        { nameof(PlantedBug.SplitUnannounced), "growth" },
        { nameof(PlantedBug.SnapshotUnfrozen), "snapshot" },
        { nameof(PlantedBug.WriteLockNotTaken), "two writers" },
        { nameof(PlantedBug.FollowerStaysBehind), "follow over a roll" },
        { nameof(PlantedBug.PendingNotOvertaken), "pending" },
        { nameof(PlantedBug.PendingMissBelieved), "pending until flushed" },
        { nameof(PlantedBug.HeadUnmappedEarly), "close a follower" },
        { nameof(PlantedBug.RetiredBeforeDrained), "compact" },
        { nameof(PlantedBug.FollowerTakesDeadCopies), "compact under a removal, followed" },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Interleavings_find_the_bug_planted_for_them(string bug, string scenario)
    {
        InterleavingExplorer explorer = new(InterleavingScenarios.Of(scenario), Seed);
        using IDisposable planted = PlantedBugs.Plant(Enum.Parse<PlantedBug>(bug));
        explorer.RunBounded(1, Schedules);
        if (explorer.Problem is null)
        {
            explorer.RunRandom(Schedules);
        }

        output.WriteLine($"{bug}: schedule {explorer.Runs}: {explorer.Problem}");
        Assert.NotNull(explorer.Problem);
    }
}
