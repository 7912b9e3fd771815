namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>Follows a schedule.</summary>
internal sealed class FixedStrategy(FixedSchedule schedule) : ScheduleStrategy
{
    /// <inheritdoc/>
    protected override int ChooseFirst(List<int> enabled) =>
        enabled.Contains(schedule.First) ? schedule.First : enabled[0];

    /// <inheritdoc/>
    protected override int ChooseAt(int step, int current, List<int> enabled)
    {
        foreach ((int at, int to) in schedule.Preemptions)
        {
            if (at == step && enabled.Contains(to))
            {
                return to;
            }
        }

        return current;
    }
}

/// <summary>Goes anywhere at any point; how often is drawn once for the run.</summary>
internal sealed class RandomWalk(int seed) : ScheduleStrategy
{
    private readonly Random _random = new(seed);
    private readonly int _every = new[] { 2, 4, 12, 40 }[seed & 3];

    /// <inheritdoc/>
    protected override int ChooseFirst(List<int> enabled) => enabled[_random.Next(enabled.Count)];

    /// <inheritdoc/>
    protected override int ChooseAt(int step, int current, List<int> enabled) =>
        _random.Next(_every) == 0 ? enabled[_random.Next(enabled.Count)] : current;
}

/// <summary>A few preemptions at points drawn at random from a run of about a known length.</summary>
internal sealed class FewPreemptions : ScheduleStrategy
{
    private readonly Random _random;
    private readonly HashSet<int> _steps = [];

    public FewPreemptions(int seed, int count, int length)
    {
        _random = new Random(seed);
        while (_steps.Count < Math.Min(count, length))
        {
            _steps.Add(_random.Next(length));
        }
    }

    /// <inheritdoc/>
    protected override int ChooseFirst(List<int> enabled) => enabled[_random.Next(enabled.Count)];

    /// <inheritdoc/>
    protected override int ChooseAt(int step, int current, List<int> enabled)
    {
        if (!_steps.Contains(step) || enabled.Count < 2)
        {
            return current;
        }

        int at = _random.Next(enabled.Count - 1);
        return enabled[at] == current ? enabled[^1] : enabled[at];
    }
}
