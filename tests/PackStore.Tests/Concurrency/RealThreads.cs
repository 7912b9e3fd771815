namespace PackStore.Tests.Concurrency;

/// <summary>Threads of their own for a few bodies; the first exception of any is thrown when all have ended.</summary>
internal static class RealThreads
{
    /// <summary>Runs them all at once.</summary>
    public static void Run(params Action[] bodies)
    {
        Exception? first = null;
        Thread[] threads = [.. bodies.Select(body => new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
            }
        }))];
        Array.ForEach(threads, static t => t.Start());
        Array.ForEach(threads, static t => t.Join());
        if (first is not null)
        {
            throw new InvalidOperationException($"A thread failed: {first}", first);
        }
    }
}
