using System.Diagnostics;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Crash;

/// <summary>
/// Every moment of every scenario, stopped by kills and by power cuts that lose, keep and tear what was not synced, and
/// again while it recovers: each disk opens and tells the truth. <c>PACKSTORE_CRASH_STATES</c> sets how many states are
/// tried in all, <c>PACKSTORE_CRASH_SEED</c> which; <c>./build.sh crash</c> sets both.
/// </summary>
public class CrashStateTests(ITestOutputHelper output)
{
    private const long DefaultStates = 1_100_000;

    // All scenarios of this run.
    private static readonly CrashTally s_all = new();

    public static TheoryData<string> Scenarios => new(CrashScenario.All.Select(s => s.Name));

    private static long States => Setting("PACKSTORE_CRASH_STATES", DefaultStates);

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_crash_loses_nothing_promised_and_invents_nothing(string name)
    {
        long started = Stopwatch.GetTimestamp();
        int seed = (int)Setting("PACKSTORE_CRASH_SEED", 1);
        CrashSweep sweep = new(CrashScenario.Of(name), States / CrashScenario.All.Count, seed);
        await sweep.RunAsync();

        s_all.Add(sweep.Tally);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {sweep.Moments} moments, {sweep.Tally}, {took.TotalSeconds:F1} s, seed {seed}"));
        output.WriteLine($"so far: {s_all}");
        Assert.True(
            sweep.Problems.IsEmpty,
            $"{sweep.Problems.Count} bad states, the first:\n{string.Join('\n', sweep.Problems.Take(3))}");
    }

    /// <summary>
    /// A segment was sealed, and a power cut took the trailer and tore a record in front of the footer. There was no
    /// room for another footer, so recovery took the segment for sealed and left the torn record where it was. The
    /// checkpoint then called all of it durable, the recovery was killed, and the next one believed the torn record,
    /// which hid the durable one before it.
    /// </summary>
    [Fact]
    public async Task A_torn_record_in_a_segment_without_room_for_a_footer_hides_nothing()
    {
        // The smallest sweep of that scenario; this seed has the states.
        CrashSweep sweep = new(CrashScenario.Of("growth"), budget: 1, seed: 5);
        await sweep.RunAsync();
        Assert.True(sweep.Problems.IsEmpty, string.Join('\n', sweep.Problems.Take(3)));
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out long value)
            ? value
            : otherwise;
}
