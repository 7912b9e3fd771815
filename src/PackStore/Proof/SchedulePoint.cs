using System.Diagnostics;

namespace PackStore.Proof;

/// <summary>
/// Named places at which a test may hold a thread and let another go on, so that interleavings can be chosen, searched
/// and repeated. Every call is compiled away unless <c>PACKSTORE_PROOF</c> is defined, which Debug builds do.
/// </summary>
/// <remarks>
/// A thread that no schedule drives passes through. Points stand between two steps that another thread can tell apart,
/// also inside <see cref="Engine.StoreCore.WriteLock"/>; a lock that may be held at a point is announced by
/// <see cref="BeforeLock"/>, so that whoever wants it waits in the schedule and not in the system. No point stands
/// inside one of the innermost locks.
/// </remarks>
internal static class SchedulePoint
{
#if PACKSTORE_PROOF
    [ThreadStatic]
    private static ISchedule? t_schedule;

    /// <summary>What drives this thread.</summary>
    public static ISchedule? Current
    {
        get => t_schedule;
        set => t_schedule = value;
    }
#endif

    /// <summary>Whether a schedule drives this thread: then nothing is left to timers.</summary>
    public static bool IsScheduled
    {
        get
        {
#if PACKSTORE_PROOF
            return t_schedule is not null;
#else
            return false;
#endif
        }
    }

    /// <summary>Where background work started by this thread runs: the thread pool, but for a schedule.</summary>
    public static TaskScheduler Background
    {
        get
        {
#if PACKSTORE_PROOF
            return t_schedule?.Background ?? TaskScheduler.Default;
#else
            return TaskScheduler.Default;
#endif
        }
    }

    /// <summary>Another thread may go on here.</summary>
    [Conditional("PACKSTORE_PROOF")]
    public static void Reach(string point)
    {
#if PACKSTORE_PROOF
        t_schedule?.Reach(point);
#endif
    }

    /// <summary>This thread cannot go on until another has: it waits for what that one does.</summary>
    [Conditional("PACKSTORE_PROOF")]
    public static void Stall(string point)
    {
#if PACKSTORE_PROOF
        t_schedule?.Stall(point);
#endif
    }

    /// <summary>Stands before the taking of a lock inside which there are points. When it returns the lock is free, and
    /// stays so until this thread has it, for no other runs before the next point.</summary>
    [Conditional("PACKSTORE_PROOF")]
    public static void BeforeLock(Lock gate, string name)
    {
#if PACKSTORE_PROOF
        if (t_schedule is not { } schedule || gate.IsHeldByCurrentThread)
        {
            return;
        }

        schedule.Reach(name);
        while (!gate.TryEnter())
        {
            schedule.Stall(name);
        }

        gate.Exit();
#endif
    }

    /// <summary>Stands before a wait for what another thread completes.</summary>
    [Conditional("PACKSTORE_PROOF")]
    public static void BeforeWait(Task task, string name)
    {
#if PACKSTORE_PROOF
        t_schedule?.Wait(task, name);
#endif
    }
}
