using System.Runtime.CompilerServices;
using PackStore.Proof;

namespace PackStore.Engine;

/// <summary>
/// Knows which threads may still be reading what has been taken out of sight, and runs retirements when none is.
/// </summary>
/// <remarks>
/// One for the process: a thread announces itself once whatever stores it reads. A reader pays a plain store; the
/// reclaimer pays
/// <see cref="Interlocked.MemoryBarrierProcessWide"/>. Why that is enough: a retirement first hides the memory, then
/// advances the
/// epoch, then issues the barrier, then looks at the slots. A reader whose announcement was still in its store buffer
/// has it visible after the
/// barrier; one that announces later also loads later, and sees the memory hidden. After K. Fraser, "Practical
/// lock-freedom", 2004.
/// </remarks>
internal static class EpochGate
{
    private static readonly Lock s_lock = new();
    private static readonly List<EpochSlot> s_slots = [];
    private static readonly Stack<EpochSlot> s_free = new();
    private static readonly Queue<(ulong Epoch, Action Action)> s_retired = new();
    private static readonly Timer s_timer = new(static _ => Drain(), null, Timeout.Infinite, Timeout.Infinite);
    private static ulong s_epoch = 1;

    [ThreadStatic]
    private static EpochSlot? t_slot;

    [ThreadStatic]
    private static SlotReturner? t_returner;

    // Taken from the queue and not done yet. Under s_lock.
    private static int s_running;

    /// <summary>Retirements that still wait for readers, or are being made just now.</summary>
    public static int Waiting
    {
        get
        {
            lock (s_lock)
            {
                return s_retired.Count + s_running;
            }
        }
    }

    /// <summary>Whether another thread is in a section just now: a glance for those who should make way.</summary>
    public static bool IsAnyoneReading
    {
        get
        {
            EpochSlot? own = t_slot;
            lock (s_lock)
            {
                return s_slots.Exists(s => s != own && s.Announced != 0);
            }
        }
    }

    /// <summary>This thread's slot.</summary>
    public static EpochSlot Slot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_slot ?? Register();
    }

    /// <summary>Enters on this thread.</summary>
    public static ulong Enter(EpochSlot slot) => slot.Enter(Volatile.Read(ref s_epoch));

    /// <summary>Enters on this thread, which holds no lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong EnterFree(EpochSlot slot) => slot.EnterFree(Volatile.Read(ref s_epoch));

    /// <summary>Runs an action when no thread can be reading any more what the caller has just hidden: at once on this
    /// thread if that is so, else later on a pool thread or on that of the next retirement. The action must not
    /// throw and takes innermost locks only.</summary>
    public static void Retire(Action action)
    {
        SchedulePoint.Reach("retire.hidden");
        ulong epoch = Interlocked.Increment(ref s_epoch);
        SchedulePoint.Reach("retire.advanced");
        bool isDrained = IsDrained(epoch);
        if (isDrained)
        {
            SchedulePoint.Reach("retire.drained");
            action();
        }

        lock (s_lock)
        {
            if (!isDrained)
            {
                s_retired.Enqueue((epoch, action));
                Arm(1);
            }
            else if (s_retired.Count == 0)
            {
                return;
            }
        }

        // What waits from before is as a rule drained by now. A pool that is busy, and so its timers late, must not let
        // retired memory pile up.
        Drain();
    }

    /// <summary>Runs what can be run of the retirements that wait.</summary>
    public static void Drain()
    {
        while (true)
        {
            Action action;
            lock (s_lock)
            {
                if (!s_retired.TryPeek(out (ulong Epoch, Action Action) next))
                {
                    return;
                }

                if (!IsDrained(next.Epoch))
                {
                    Arm(10);
                    return;
                }

                action = s_retired.Dequeue().Action;
                s_running++;
            }

            try
            {
                SchedulePoint.Reach("retire.drained");
                action();
            }
            finally
            {
                lock (s_lock)
                {
                    s_running--;
                }
            }
        }
    }

    // Under s_lock.
    private static void Arm(int milliseconds)
    {
        if (!SchedulePoint.IsScheduled)
        {
            s_timer.Change(milliseconds, Timeout.Infinite);
        }
    }

    private static bool IsDrained(ulong epoch)
    {
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.UnmapBeforeDrain))
        {
            return true;
        }
#endif
        Interlocked.MemoryBarrierProcessWide();
        lock (s_lock)
        {
            foreach (EpochSlot slot in s_slots)
            {
                ulong announced = slot.Announced;
                if (announced != 0 && announced < epoch)
                {
                    return false;
                }
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EpochSlot Register()
    {
        EpochSlot slot;
        lock (s_lock)
        {
            if (!s_free.TryPop(out slot!))
            {
                slot = new EpochSlot();
                s_slots.Add(slot);
            }
        }

        t_slot = slot;
        // Nothing but the thread holds the returner, so it is finalized when the thread is gone.
        t_returner = new SlotReturner(slot);
        GC.KeepAlive(t_returner);
        return slot;
    }

    /// <summary>Gives a dead thread's slot to the next one. A slot that still holds a lease is kept out of use:
    /// somebody leaked it, and
    /// what it may be reading stays mapped.</summary>
    private sealed class SlotReturner(EpochSlot slot)
    {
        ~SlotReturner()
        {
            if (slot.Held == 0)
            {
                lock (s_lock)
                {
                    s_free.Push(slot);
                }
            }
        }
    }
}
