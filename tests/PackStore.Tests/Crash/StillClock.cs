namespace PackStore.Tests.Crash;

/// <summary>A clock that stands still and whose timers never fire: nothing in a crash state happens by time.</summary>
internal sealed class StillClock : TimeProvider
{
    /// <summary>The one.</summary>
    public static StillClock Instance { get; } = new();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => 0;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Stopped.Instance;

    private sealed class Stopped : ITimer
    {
        public static Stopped Instance { get; } = new();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
