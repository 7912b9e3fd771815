using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>One moment between two operations: the disk with all that is pending, and what is right after either kind
/// of stop.</summary>
internal sealed record CrashMoment(string Line, MemoryDirectory Disk, CrashExpectation AfterKill,
    CrashExpectation AfterPowerCut);

/// <summary>Runs a scenario once and keeps every moment of it.</summary>
internal static class CrashMoments
{
    /// <summary>The moments in order; the caller discards their disks.</summary>
    public static async Task<List<CrashMoment>> CollectAsync(CrashScenario scenario)
    {
        List<CrashMoment> moments = [];
        ScenarioRunner? runner = null;
        // The first moments lie before the runner's constructor is left, in no scenario.
        using (runner = new ScenarioRunner(scenario, disk => new RecordingDirectory(disk)
        {
            OnOperation = line =>
            {
                // A store that was killed goes on to nowhere.
                if (ReferenceEquals(disk, runner!.Disk))
                {
                    // The model first: what is acknowledged meanwhile only makes the disk better than expected.
                    CrashExpectation kill = runner.Model.Expect(isPowerCut: false);
                    CrashExpectation cut = runner.Model.Expect(isPowerCut: true);
                    moments.Add(new CrashMoment(line, disk.KillImage(), kill, cut));
                }
            },
        }))
        {
            await runner.RunAsync();
        }

        return moments;
    }
}
