namespace PackStore.Engine;

/// <summary>Runs long work on a thread of its own: reading a whole store, or a cache that is migrated, would hold one
/// of the pool for minutes.</summary>
internal static class OwnThread
{
    /// <summary>Starts it; the task has what it returns or throws.</summary>
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
