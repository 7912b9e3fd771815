#if PACKSTORE_PROOF
namespace PackStore.Proof;

/// <summary>Runs some threads one at a time and decides, at each <see cref="SchedulePoint"/>, which goes on. Called on
/// the thread that reaches the point.</summary>
internal interface ISchedule
{
    /// <summary>Runs what the engine would leave to the thread pool.</summary>
    TaskScheduler Background { get; }

    /// <summary>See <see cref="SchedulePoint.Reach"/>.</summary>
    void Reach(string point);

    /// <summary>See <see cref="SchedulePoint.Stall"/>.</summary>
    void Stall(string point);

    /// <summary>See <see cref="SchedulePoint.BeforeWait"/>.</summary>
    void Wait(Task task, string point);
}
#endif
