using System.Globalization;
using PackStore.Tests.Interleavings.Scheduling;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Interleavings;

/// <summary>
/// Threads over one store, one at a time, under schedules that are searched: with few preemptions all of them, with
/// more some, and random ones. What they got must fit one order of all operations, also after a kill and after a close,
/// and nothing is used after it was given back.
/// </summary>
/// <remarks><c>PACKSTORE_SCHEDULES</c> sets how many schedules a scenario is run under, <c>PACKSTORE_PREEMPTIONS</c> up
/// to how many preemptions all are tried, <c>PACKSTORE_SCHEDULE_SEED</c> which are drawn; <c>PACKSTORE_SCHEDULE</c>,
/// with a filter for the scenario, repeats one.</remarks>
[Collection(Alone.Name)]
public class InterleavingTests(ITestOutputHelper output)
{
    private const int DefaultSchedules = 700;
    private const int DefaultPreemptions = 1;

    public static TheoryData<string> Scenarios => new(InterleavingScenarios.All.Select(static s => s.Name));

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Every_interleaving_looks_like_one_order_of_all_operations(string name)
    {
        InterleavingExplorer explorer = new(InterleavingScenarios.Of(name), Setting("PACKSTORE_SCHEDULE_SEED", 1));
        if (Environment.GetEnvironmentVariable("PACKSTORE_SCHEDULE") is { Length: > 0 } schedule)
        {
            explorer.Replay(FixedSchedule.Parse(schedule));
            Assert.True(explorer.Problem is null, explorer.Problem);
            return;
        }

        int schedules = Setting("PACKSTORE_SCHEDULES", DefaultSchedules);
        int preemptions = Setting("PACKSTORE_PREEMPTIONS", DefaultPreemptions);
        bool isComplete = explorer.RunBounded(preemptions, schedules);
        int bounded = explorer.Runs;
        if (explorer.Problem is null)
        {
            explorer.RunRandom(schedules / 2);
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {bounded} schedules with up to {preemptions} preemptions ({(isComplete ? "all" : "drawn")}), "
            + $"{explorer.Runs - bounded} random ones, {explorer.Steps} points"));
        Assert.True(explorer.Problem is null, explorer.Problem);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
