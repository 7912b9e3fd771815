namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>Decides who goes on at each point, and remembers what it decided.</summary>
internal abstract class ScheduleStrategy
{
    private readonly List<(int Step, int To)> _preemptions = [];
    private readonly List<int> _ran = [];

    /// <summary>Who started.</summary>
    public int First { get; private set; } = -1;

    /// <summary>Whom each point could have gone to, by step.</summary>
    public List<int[]> Choices { get; } = [];

    /// <summary>A schedule that does the same again.</summary>
    public FixedSchedule Decisions => new(Math.Max(First, 0), [.. _preemptions]);

    /// <summary>Who ran when a step was reached; -1 if it could not go on.</summary>
    public int RanAt(int step) => _ran[step];

    /// <summary>Chooses one of those who can go on.</summary>
    /// <param name="step">Number of points reached.</param>
    /// <param name="current">Who runs and could go on running; -1 if it cannot.</param>
    /// <param name="last">Who ran last; -1 at the start.</param>
    /// <param name="enabled">Who can go on.</param>
    public int Choose(int step, int current, int last, List<int> enabled)
    {
        if (last < 0)
        {
            return First = ChooseFirst(enabled);
        }

        if (current < 0)
        {
            // Not a preemption: whoever comes next in the circle.
            int next = enabled.FindIndex(e => e > last);
            return enabled[Math.Max(next, 0)];
        }

        while (Choices.Count < step)
        {
            Choices.Add([]);
            _ran.Add(-1);
        }

        Choices.Add([.. enabled]);
        _ran.Add(current);
        int chosen = ChooseAt(step, current, enabled);
        if (chosen != current)
        {
            _preemptions.Add((step, chosen));
        }

        return chosen;
    }

    /// <summary>Who starts.</summary>
    protected abstract int ChooseFirst(List<int> enabled);

    /// <summary>Who goes on at a point at which the running thread could.</summary>
    protected abstract int ChooseAt(int step, int current, List<int> enabled);
}
