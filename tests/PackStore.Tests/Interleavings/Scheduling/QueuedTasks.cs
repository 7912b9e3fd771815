namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>A task scheduler that runs a task when it is told to, and never by itself.</summary>
internal sealed class QueuedTasks : TaskScheduler
{
    // Protects the queue: after a schedule has failed its threads run at once.
    private readonly Lock _lock = new();
    private readonly Queue<Task> _queue = [];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count == 0;
            }
        }
    }

    /// <summary>Runs the oldest task on this thread; false if there is none.</summary>
    public bool TryRunNext()
    {
        Task? next;
        lock (_lock)
        {
            if (!_queue.TryDequeue(out next))
            {
                return false;
            }
        }

        TryExecuteTask(next);
        return true;
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            _queue.Enqueue(task);
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock)
        {
            return [.. _queue];
        }
    }
}
