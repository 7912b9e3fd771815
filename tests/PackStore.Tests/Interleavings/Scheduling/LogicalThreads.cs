using System.Collections.Concurrent;

namespace PackStore.Tests.Interleavings.Scheduling;

/// <summary>Threads that are used again from one run to the next, as each has its slot in the epoch for good.</summary>
internal static class LogicalThreads
{
    private static readonly ConcurrentStack<Worker> s_idle = [];

    /// <summary>Runs a body on one of them, and signals when that thread is free again.</summary>
    public static void Start(Action body, CountdownEvent ended)
    {
        if (!s_idle.TryPop(out Worker? worker))
        {
            worker = new Worker();
        }

        worker.Start(body, ended);
    }

    private sealed class Worker
    {
        // Protects both below: work to do, if any.
        private readonly object _lock = new();
        private Action? _body;
        private CountdownEvent? _ended;

        public Worker() => new Thread(Loop) { IsBackground = true, Name = "logical thread" }.Start();

        public void Start(Action body, CountdownEvent ended)
        {
            lock (_lock)
            {
                _body = body;
                _ended = ended;
                Monitor.Pulse(_lock);
            }
        }

        private void Take(out Action body, out CountdownEvent ended)
        {
            lock (_lock)
            {
                while (_body is null)
                {
                    Monitor.Wait(_lock);
                }

                body = _body;
                ended = _ended!;
                _body = null;
            }
        }

        private void Loop()
        {
            while (true)
            {
                Take(out Action body, out CountdownEvent ended);
                body();
                s_idle.Push(this);
                ended.Signal();
            }
        }
    }
}
