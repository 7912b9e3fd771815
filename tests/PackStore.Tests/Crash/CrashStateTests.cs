using System.Collections.Concurrent;
using System.Globalization;
using PackStore.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Crash;

/// <summary>
/// Every moment of every scenario, stopped by a kill and by power cuts that lose, keep and tear what was not synced:
/// each disk opens and tells
/// the truth. <c>PACKSTORE_CRASH_STATES</c> sets how many states are tried in all.
/// </summary>
public class CrashStateTests(ITestOutputHelper output)
{
    // With the states of kills, which are always all tried, some 20,000.
    private const int DefaultStates = 12_000;

    // A state waits for other threads more than it computes.
    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = 4 };

    public static TheoryData<string> Scenarios => new(CrashScenario.All.Select(s => s.Name));

    private static int StatesPerScenario =>
        (int.TryParse(Environment.GetEnvironmentVariable("PACKSTORE_CRASH_STATES"), CultureInfo.InvariantCulture,
            out int states)
            ? states
            : DefaultStates) / CrashScenario.All.Count;

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_power_cut_loses_nothing_durable_and_invents_nothing(string name)
    {
        CrashScenario scenario = CrashScenario.Of(name);
        List<CrashMoment> moments = await CrashMoments.CollectAsync(scenario);
        ConcurrentQueue<string> problems = [];
        int states = 0;
        Parallel.ForEach(Enumerable.Range(0, moments.Count), s_parallel, m =>
        {
            CrashMoment moment = moments[m];
            int budget = Math.Max(4, StatesPerScenario / moments.Count);
            foreach (ICrashChooser chooser in CrashEnumerator.Choices(moment.Disk.PendingUnits, budget,
                seed: m * 104_729))
            {
                MemoryDirectory image = moment.Disk.Crash(chooser);
                Assert.NotEqual(moment.Disk.BootId, image.BootId);
                Judge(image, scenario, moment.AfterPowerCut, $"moment {m} after '{moment.Line}', {chooser}", problems);
                Interlocked.Increment(ref states);
            }

            moment.Disk.Discard();
        });
        output.WriteLine($"{name}: {moments.Count} moments, {states} states");
        AssertNone(problems);
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_kill_loses_nothing_acknowledged(string name)
    {
        CrashScenario scenario = CrashScenario.Of(name);
        List<CrashMoment> moments = await CrashMoments.CollectAsync(scenario);
        ConcurrentQueue<string> problems = [];
        int states = 0;
        Parallel.ForEach(Enumerable.Range(0, moments.Count), s_parallel, m =>
        {
            CrashMoment moment = moments[m];
            foreach (MemoryDirectory image in KillImages(moment.Disk))
            {
                Assert.Equal(moment.Disk.BootId, image.BootId);
                Judge(image, scenario, moment.AfterKill, $"moment {m} after '{moment.Line}'", problems);
                Interlocked.Increment(ref states);
            }

            moment.Disk.Discard();
        });

        output.WriteLine($"{name}: {moments.Count} moments, {states} states");
        AssertNone(problems);
    }

    /// <summary>The disk as it is, and with the front of a write that was about to come behind the last one.</summary>
    private static IEnumerable<MemoryDirectory> KillImages(MemoryDirectory disk)
    {
        yield return disk.KillImage();
        if (disk.PendingUnits.LastOrDefault(static u =>
            u.Kind == PendingKind.Data && u.Name.StartsWith("segments/", StringComparison.Ordinal))
            is not { } last)
        {
            yield break;
        }

        foreach (int part in new[] { 8, 64, last.Bytes.Length / 2 })
        {
            MemoryDirectory torn = disk.KillImage();
            using (var file = torn.TryOpen(last.Name, writable: true))
            {
                // The last write again, but only its front: that is what a kill in the middle of the next one of the
                // same length leaves.
                long at = last.Offset + last.Bytes.Length;
                if (file is not null && last.Offset >= 256 && at + last.Bytes.Length <= file.Stat().Length - 64)
                {
                    file.Write(at, last.Bytes.AsSpan(0, Math.Min(part, last.Bytes.Length - 8)));
                }
            }

            yield return torn;
        }
    }

    private static void Judge(
        MemoryDirectory image, CrashScenario scenario, CrashExpectation expected, string where,
            ConcurrentQueue<string> problems)
    {
        if (CrashOracle.FindProblem(image, scenario.Options, expected) is { } problem)
        {
            problems.Enqueue($"{where}: {problem}");
        }

        image.Discard();
    }

    private static void AssertNone(ConcurrentQueue<string> problems) =>
        Assert.True(problems.IsEmpty,
            $"{problems.Count} bad states, the first:\n{string.Join('\n', problems.Take(3))}");
}
