using System.Collections.Concurrent;

namespace PackStore.Tests.Repair;

/// <summary>Judges many damaged stores, on threads of its own: the pool's would be missed by what runs
/// beside.</summary>
internal sealed class DamageSweep(DamageOracle oracle)
{
    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>What was wrong, and with which.</summary>
    public ConcurrentQueue<string> Problems { get; } = [];

    /// <summary>Judges all of them.</summary>
    public void Run(IEnumerable<(string What, Func<StoreImage> Make)> damages)
    {
        using IEnumerator<(string What, Func<StoreImage> Make)> next = damages.GetEnumerator();
        // Guards the enumerator and the count.
        Lock gate = new();
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (TryTake(out (string What, Func<StoreImage> Make) damage))
            {
                if (oracle.FindProblem(damage.Make()) is { } problem)
                {
                    Problems.Enqueue($"{damage.What}: {problem}");
                }
            }
        }))];
        Array.ForEach(threads, static t => t.Start());
        Array.ForEach(threads, static t => t.Join());

        bool TryTake(out (string What, Func<StoreImage> Make) damage)
        {
            lock (gate)
            {
                bool isThere = next.MoveNext();
                damage = isThere ? next.Current : default;
                Count += isThere ? 1 : 0;
                return isThere;
            }
        }
    }
}
