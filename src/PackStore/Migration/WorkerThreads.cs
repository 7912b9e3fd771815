namespace PackStore.Migration;

/// <summary>Threads of a migration's own: it reads and waits for disks for minutes, which would hold those of the
/// pool.</summary>
internal static class WorkerThreads
{
    /// <summary>Starts work; the task has what it returns or throws.</summary>
    public static Task<T> Run<T>(string name, Func<T> work)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                result.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                // Whatever it was, it is for whoever waits.
                result.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return result.Task;
    }
}
