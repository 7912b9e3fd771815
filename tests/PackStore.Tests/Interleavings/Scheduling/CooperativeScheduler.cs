using System.Collections.Concurrent;
using PackStore.Engine;
using PackStore.Proof;

namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>
/// Runs logical threads one at a time: at each <see cref="SchedulePoint"/> the running one hands over to whom the
/// strategy names. Who waits for another is not offered until another has moved, so that a lock cannot block the whole.
/// </summary>
/// <remarks>
/// One more thread runs what the engine leaves to the pool. If nobody can move, or nobody comes to an end, that is a
/// problem, and all are let go at once so that they can end by themselves. Only the running thread touches the state
/// here; handing over orders it.
/// </remarks>
internal sealed class CooperativeScheduler : ISchedule
{
    private const int MaxSteps = 50_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ScheduleStrategy _strategy;
    private readonly List<Participant> _participants = [];
    private readonly QueuedTasks _tasks = new();
    private readonly List<int> _enabled = [];
    private readonly ConcurrentQueue<string> _problems = [];
    private Participant _current = null!;
    private int _stallsInARow;
    private volatile bool _isFree;
    private int _freeStalls;

    public CooperativeScheduler(ScheduleStrategy strategy) => _strategy = strategy;

    /// <inheritdoc/>
    public TaskScheduler Background => _tasks;

    /// <summary>Points reached so far.</summary>
    public int Steps { get; private set; }

    /// <summary>What went wrong with the threads, not with the store.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Runs the bodies to their ends.</summary>
    public void Run(IReadOnlyList<Action> bodies)
    {
        foreach (Action body in bodies)
        {
            _participants.Add(new Participant(_participants.Count, body));
        }

        _participants.Add(new Participant(_participants.Count, RunBackground) { IsWaiting = true });
        using CountdownEvent ended = new(_participants.Count);
        foreach (Participant participant in _participants)
        {
            LogicalThreads.Start(() => RunOne(participant), ended);
        }

        _current = Choose(null) ?? throw new InvalidOperationException("Nobody can start.");
        _current.Turn.Release();
        if (!ended.Wait(s_patience))
        {
            Free($"not ended: {Describe()}");
            ended.Wait(s_patience);
        }
    }

    /// <inheritdoc/>
    public void Reach(string point)
    {
        if (_isFree)
        {
            return;
        }

        Participant me = _current;
        me.At = point;
        NoteProgress();
        if (++Steps > MaxSteps)
        {
            Free($"no end after {MaxSteps} steps: {Describe()}");
            return;
        }

        HandOver(me, Choose(me)!);
    }

    /// <inheritdoc/>
    public void Stall(string point)
    {
        if (_isFree)
        {
            StallFreely();
            return;
        }

        Participant me = _current;
        me.At = point;
        me.IsStalled = true;
        if (++_stallsInARow > _participants.Count * 3 && !TryWaitForPool())
        {
            Free($"nobody can go on: {Describe()}");
            return;
        }

        if (Choose(me) is not { } next)
        {
            // Who stalled may have been let on by a step that was no point.
            _participants.ForEach(static p => p.IsStalled = false);
            next = Choose(me)!;
        }

        HandOver(me, next);
    }

    /// <summary>After a problem all run at once; who still cannot go on is thrown out, with all it holds.</summary>
    private void StallFreely()
    {
        if (Interlocked.Increment(ref _freeStalls) > MaxSteps)
        {
            throw new InvalidOperationException("Let go, and still held up by another.");
        }

        Thread.Yield();
    }

    /// <inheritdoc/>
    public void Wait(Task task, string point)
    {
        Participant me = _current;
        me.Awaited = task;
        while (!task.IsCompleted)
        {
            Stall(point);
        }

        me.Awaited = null;
    }

    /// <summary>An await goes on on the thread pool, and comes to its end there: the only thing that is waited for in
    /// earnest, and only when nobody else can go on.</summary>
    private bool TryWaitForPool()
    {
        Task[] awaited = [.. _participants.Select(static p => p.Awaited).OfType<Task>()];
        if (awaited.Length == 0 || Task.WaitAny(awaited, s_patience) < 0)
        {
            return false;
        }

        NoteProgress();
        return true;
    }

    private void RunOne(Participant me)
    {
        me.Turn.Wait();
        SchedulePoint.Current = this;
        try
        {
            me.Body();
        }
        catch (Exception e)
        {
            _problems.Enqueue($"thread {me.Index}: {e}");
        }
        finally
        {
            SchedulePoint.Current = null;
            if (EpochGate.Slot.Held > 0)
            {
                _problems.Enqueue($"thread {me.Index} ended with {EpochGate.Slot.Held} leases");
                EpochGate.Slot.Abandon();
            }

            me.IsDone = true;
            if (!_isFree)
            {
                NoteProgress();
                if (Choose(me) is { } next)
                {
                    _current = next;
                    next.Turn.Release();
                }
            }
        }
    }

    private void RunBackground()
    {
        Participant me = _participants[^1];
        me.IsWaiting = false;
        while (true)
        {
            if (_tasks.TryRunNext())
            {
                NoteProgress();
                continue;
            }

            if (_participants.TrueForAll(p => p == me || p.IsDone))
            {
                return;
            }

            me.IsWaiting = true;
            Stall("background.idle");
            me.IsWaiting = false;
        }
    }

    private Participant? Choose(Participant? me)
    {
        _enabled.Clear();
        foreach (Participant participant in _participants)
        {
            if (!participant.IsDone && !participant.IsStalled && !IsIdle(participant))
            {
                _enabled.Add(participant.Index);
            }
        }

        if (_enabled.Count == 0)
        {
            return null;
        }

        bool canStay = me is { IsDone: false, IsStalled: false };
        return _participants[_strategy.Choose(Steps, canStay ? me!.Index : -1, me?.Index ?? -1, _enabled)];
    }

    /// <summary>Whether it is the background, with nothing to do yet.</summary>
    private bool IsIdle(Participant participant) => participant == _participants[^1] && _tasks.IsEmpty
        && participant.IsWaiting && !_participants.TrueForAll(p => p == participant || p.IsDone);

    private void HandOver(Participant me, Participant next)
    {
        if (next != me)
        {
            _current = next;
            next.Turn.Release();
            me.Turn.Wait();
        }
    }

    private void NoteProgress()
    {
        _stallsInARow = 0;
        foreach (Participant participant in _participants)
        {
            participant.IsStalled = false;
        }
    }

    private void Free(string problem)
    {
        _problems.Enqueue(problem);
        _isFree = true;
        _participants.ForEach(static p => p.Turn.Release());
    }

    private string Describe() =>
        string.Join(", ", _participants.Select(static p => $"{p.Index} {(p.IsDone ? "done" : $"at {p.At}")}"));

    // IsStalled: asked for what another holds, and none has moved since. IsWaiting: the background has nothing to do.
    private sealed class Participant(int index, Action body)
    {
        public int Index => index;

        public Action Body => body;

        public SemaphoreSlim Turn { get; } = new(0);

        public string At { get; set; } = "start";

        public bool IsDone { get; set; }

        public bool IsStalled { get; set; }

        public bool IsWaiting { get; set; }

        public Task? Awaited { get; set; }
    }
}
