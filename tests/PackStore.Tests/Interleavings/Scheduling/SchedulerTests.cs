using PackStore.Proof;
using Xunit;

namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>Threads under a schedule run one at a time, as it says, and nothing blocks the whole.</summary>
[Collection(Alone.Name)]
public class SchedulerTests
{
    [Fact]
    public void The_same_schedule_gives_the_same_order()
    {
        string first = Trace(new RandomWalk(5), out FixedSchedule schedule);
        Assert.Equal(first, Trace(new RandomWalk(5), out _));
        Assert.Equal(first, Trace(new FixedStrategy(schedule), out _));
        Assert.NotEqual(first, Trace(new FixedStrategy(new FixedSchedule(0, [])), out _));
    }

    [Fact]
    public void Who_wants_a_lock_waits_until_its_holder_has_moved()
    {
        Lock gate = new();
        List<int> order = [];
        CooperativeScheduler scheduler = new(new FixedStrategy(new FixedSchedule(0, [(2, 1)])));
        void Body(int me)
        {
            SchedulePoint.BeforeLock(gate, "gate");
            lock (gate)
            {
                order.Add(me);
                SchedulePoint.Reach("inside");
                order.Add(me);
            }
        }

        scheduler.Run([() => Body(0), () => Body(1)]);
        Assert.Empty(scheduler.Problems);
        Assert.Equal([0, 0, 1, 1], order);
    }

    [Fact]
    public void Threads_that_wait_for_each_other_are_found()
    {
        Lock first = new();
        Lock second = new();
        CooperativeScheduler scheduler = new(new FixedStrategy(new FixedSchedule(0, [(2, 1)])));
        void Body(Lock outer, Lock inner)
        {
            SchedulePoint.BeforeLock(outer, "outer");
            lock (outer)
            {
                SchedulePoint.Reach("between");
                SchedulePoint.BeforeLock(inner, "inner");
            }
        }

        scheduler.Run([() => Body(first, second), () => Body(second, first)]);
        Assert.Contains(scheduler.Problems, static p => p.StartsWith("nobody can go on", StringComparison.Ordinal));
    }

    [Fact]
    public void Background_work_runs_under_the_schedule_and_can_be_waited_for()
    {
        List<string> order = [];
        CooperativeScheduler scheduler = new(new FixedStrategy(new FixedSchedule(0, [])));
        scheduler.Run(
        [
            () =>
            {
                Task work = new(() => order.Add($"work {SchedulePoint.IsScheduled}"));
                work.Start(SchedulePoint.Background);
                order.Add("started");
                SchedulePoint.BeforeWait(work, "wait");
                order.Add("waited");
            },
        ]);
        Assert.Empty(scheduler.Problems);
        Assert.Equal(["started", "work True", "waited"], order);
        Assert.False(SchedulePoint.IsScheduled);
    }

    private static string Trace(ScheduleStrategy strategy, out FixedSchedule decisions)
    {
        List<int> order = [];
        CooperativeScheduler scheduler = new(strategy);
        Action[] bodies = [.. Enumerable.Range(0, 3).Select(me => (Action)(() =>
        {
            for (int i = 0; i < 8; i++)
            {
                order.Add(me);
                SchedulePoint.Reach("step");
            }
        }))];
        scheduler.Run(bodies);
        decisions = strategy.Decisions;
        return string.Concat(order);
    }
}
