using System.Collections.Concurrent;
using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>
/// Every moment of one scenario, stopped by kills and by power cuts, and the recovery from some of those stopped again,
/// two deep. A state that is equal to one before, with the same right answers, is counted and not judged again.
/// </summary>
/// <param name="scenario">What runs.</param>
/// <param name="budget">About how many states to try.</param>
/// <param name="seed">What everything random follows from.</param>
internal sealed class CrashSweep(CrashScenario scenario, long budget, int seed)
{
    // Of so many states that are judged, one is gone on with, and one is recovered from with more crashes.
    private const int ThoroughEvery = 8;
    private const int RecoverEvery = 12;

    // Of so many operations of a recovery, one is stopped at.
    private const int StopEvery = 4;
    private const int MaxDepth = 2;

    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private readonly ConcurrentDictionary<(UInt128 Disk, int Expectation), byte> _seen = [];

    /// <summary>The counts.</summary>
    public CrashTally Tally { get; } = new();

    /// <summary>What was wrong, and how to get there.</summary>
    public ConcurrentQueue<string> Problems { get; } = [];

    /// <summary>Number of moments.</summary>
    public int Moments { get; private set; }

    /// <summary>Runs the scenario, then tries its states.</summary>
    public async Task RunAsync()
    {
        List<CrashMoment> moments = await CrashMoments.CollectAsync(scenario);
        Moments = moments.Count;
        // Each power cut leads to about two stops of the recovery from it.
        int share = (int)Math.Clamp(budget / 3 / Math.Max(1, moments.Count), 4, int.MaxValue);
        Parallel.For(0, moments.Count, s_parallel, m =>
        {
            CrashMoment moment = moments[m];
            string where = $"moment {m} after '{moment.Line}'";
            int at = seed + (m * 104_729);
            uint pick = CrashPath.Mix((uint)at, 0);
            foreach (MemoryDirectory image in KillImages.Of(moment.Disk))
            {
                pick = CrashPath.Mix(pick, 1);
                Try(image, new CrashPath(moment, CrashKind.Kill, WasCut: false, pick, where));
            }

            foreach (ICrashChooser chooser in CrashEnumerator.Choices(moment.Disk.PendingUnits, share, at))
            {
                pick = CrashPath.Mix(pick, 2);
                MemoryDirectory image = moment.Disk.Crash(chooser);
                Try(image, new CrashPath(moment, CrashKind.Cut, WasCut: true, pick, $"{where}, {chooser}"));
            }

            moment.Disk.Discard();
        });
    }

    private void Try(MemoryDirectory image, CrashPath path)
    {
        CrashExpectation expected = path.Expected;
        UInt128 print = image.Fingerprint();
        bool isNew = _seen.TryAdd((print, expected.Digest), 0);
        // What a kill leaves pending is not to be seen on the disk: it is judged in any case.
        Tally.Count(path.Kind, isNew);
        if (isNew || path.Kind == CrashKind.Kill)
        {
            uint pick = path.Pick;
            if (path.Depth < MaxDepth && pick % RecoverEvery == 0)
            {
                StopRecovery(image.KillImage(), path);
            }

            bool isThorough = (pick / RecoverEvery) % ThoroughEvery == 0;
            if (CrashOracle.FindProblem(image, scenario.JudgeOptions, expected, isThorough)
                is { } problem)
            {
                Problems.Enqueue($"{path.Where}: {problem}");
            }
        }

        image.Discard();
    }

    /// <summary>Opens and closes a store, and takes away the disk at some moments of that.</summary>
    private void StopRecovery(MemoryDirectory disk, CrashPath path)
    {
        List<(string Line, MemoryDirectory Image)> stops = [];
        int operations = 0;
        using (IStoreDirectory recording = new RecordingDirectory(disk)
        {
            OnOperation = line =>
            {
                if ((operations++ + path.Pick) % StopEvery == 0)
                {
                    stops.Add((line, disk.KillImage()));
                }
            },
        })
        {
            try
            {
                ArtifactStore.OpenOver(recording, scenario.Options).Dispose();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Problems.Enqueue($"{path.Where}: {e}");
            }
        }

        uint number = 0;
        foreach ((string line, MemoryDirectory stop) in stops)
        {
            CrashPath next = path.Into($"recovery after '{line}'", ++number);
            int pick = (int)next.Pick;
            Try(stop.KillImage(), next);
            foreach (ICrashChooser chooser in new ICrashChooser[]
                { MaskChooser.LoseAll, new SeededChooser(pick), new SeededChooser(pick + 1) })
            {
                CrashPath cut = next with
                {
                    WasCut = true,
                    Pick = CrashPath.Mix(next.Pick, ++number),
                    Where = $"{next.Where}, {chooser}",
                };
                Try(stop.Crash(chooser), cut);
            }

            stop.Discard();
        }

        disk.Discard();
    }
}

/// <summary>How a state came about; <c>Pick</c> decides what else is done with it.</summary>
internal sealed record CrashPath(
    CrashMoment Moment, CrashKind Kind, bool WasCut, uint Pick, string Where, int Depth = 0)
{
    /// <summary>What is right: one power cut on the way, and only what was durable is promised.</summary>
    public CrashExpectation Expected => WasCut ? Moment.AfterPowerCut : Moment.AfterKill;

    /// <summary>Numbers without a pattern, the same in every run.</summary>
    public static uint Mix(uint left, uint right)
    {
        uint mixed = (left ^ (right * 0x9E37_79B9)) * 0x85EB_CA6B;
        return (mixed ^ (mixed >> 15)) * 0xC2B2_AE35;
    }

    /// <summary>A stop in the recovery from this.</summary>
    public CrashPath Into(string where, uint number) => this with
    {
        Kind = Depth == 0 ? CrashKind.InRecovery : CrashKind.InSecondRecovery,
        Depth = Depth + 1,
        Pick = Mix(Pick, number),
        Where = $"{Where}, {where}",
    };
}
