using PackStore.Tests.Interleavings.Scheduling;

namespace PackStore.Tests.Interleavings;

/// <summary>Runs one scenario under many schedules until one shows a problem.</summary>
internal sealed class InterleavingExplorer(InterleavingScenario scenario, int seed)
{
    private const int MostPreemptions = 4;

    /// <summary>Runs made.</summary>
    public int Runs { get; private set; }

    /// <summary>Points reached in all of them.</summary>
    public long Steps { get; private set; }

    /// <summary>What was wrong first, and the schedule that shows it; null while nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Follows one schedule.</summary>
    public void Replay(FixedSchedule schedule) => TryRun(new FixedStrategy(schedule), out _);

    /// <summary>Every schedule with up to so many preemptions, if they are within the budget; else as many of those
    /// with one more than fit, drawn evenly.</summary>
    /// <returns>Whether it was every one.</returns>
    public bool RunBounded(int preemptions, int budget)
    {
        List<FixedSchedule> level = [.. Enumerable.Range(0, scenario.Threads.Length).Select(static t =>
            new FixedSchedule(t, []))];
        for (int depth = 0; ; depth++)
        {
            List<FixedSchedule> next = [];
            bool isComplete = level.Count <= budget;
            foreach (FixedSchedule schedule in isComplete ? level : Draw(level, budget))
            {
                if (!TryRun(new FixedStrategy(schedule), out ScheduleStrategy did))
                {
                    return false;
                }

                if (depth < preemptions)
                {
                    next.AddRange(Extend(schedule, did));
                }
            }

            budget -= level.Count;
            if (depth == preemptions || budget <= 0)
            {
                return isComplete && depth == preemptions;
            }

            level = next;
        }
    }

    /// <summary>Random schedules: half with few preemptions, half that go anywhere at any point.</summary>
    public void RunRandom(int count)
    {
        if (!TryRun(new RandomWalk(seed), out ScheduleStrategy first))
        {
            return;
        }

        int length = Math.Max(first.Choices.Count, 10);
        for (int i = 1; i < count; i++)
        {
            int at = seed + (i * 7919);
            ScheduleStrategy strategy = (i & 1) == 0
                ? new RandomWalk(at >> 1)
                : new FewPreemptions(at, 1 + (i / 2 % MostPreemptions), length);
            if (!TryRun(strategy, out _))
            {
                return;
            }
        }
    }

    private static IEnumerable<FixedSchedule> Extend(FixedSchedule schedule, ScheduleStrategy did)
    {
        int from = schedule.Preemptions.Count == 0 ? 0 : schedule.Preemptions[^1].Step + 1;
        HashSet<(int Step, int To)> taken = [.. did.Decisions.Preemptions];
        for (int step = from; step < did.Choices.Count; step++)
        {
            // Whoever ran at this step is among those who could go on: choosing it is no preemption, and the run is
            // then one that was made before.
            foreach (int to in did.Choices[step])
            {
                if (to != did.RanAt(step) && !taken.Contains((step, to)))
                {
                    yield return schedule.With(step, to);
                }
            }
        }
    }

    private List<FixedSchedule> Draw(List<FixedSchedule> level, int count)
    {
        FixedSchedule[] drawn = [.. level];
        new Random(seed).Shuffle(drawn);
        return [.. drawn.Take(count)];
    }

    private bool TryRun(ScheduleStrategy strategy, out ScheduleStrategy did)
    {
        did = strategy;
        string? problem = scenario.Run(strategy, out int steps);
        Runs++;
        Steps += steps;
        if (problem is not null)
        {
            Problem = $"{scenario.Name}, run {Runs}, schedule {strategy.Decisions}: {problem}";
        }

        return problem is null;
    }
}
