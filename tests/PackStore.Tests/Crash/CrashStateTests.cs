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

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out long value)
            ? value
            : otherwise;
}
