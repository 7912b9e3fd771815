using System.Diagnostics;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Pauses;

/// <summary>What garbage collections took while something went on.</summary>
/// <param name="Name">What went on.</param>
/// <param name="Collections">How many were made.</param>
/// <param name="P50">Half of the stops were shorter, in microseconds.</param>
/// <param name="P99">99 in 100 were.</param>
/// <param name="Max">The longest.</param>
/// <param name="DeviceBytes">Read from the device meanwhile.</param>
/// <param name="Touched">Bytes of payloads touched meanwhile.</param>
internal sealed record PauseRun(
    string Name, int Collections, double P50, double P99, double Max, long DeviceBytes, long Touched)
{
    private const int Survivors = 2000;

    /// <summary>Collects for some time, while two threads do one step of the work after the other.</summary>
    /// <param name="name">What goes on.</param>
    /// <param name="time">How long.</param>
    /// <param name="step">Touches something, the n-th time; how many bytes. Null: nothing goes on.</param>
    public static PauseRun Measure(string name, TimeSpan time, Func<int, long>? step)
    {
        bool stop = false;
        int next = -1;
        long touched = 0;
        Thread[] threads = step is null ? [] : [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Interlocked.Add(ref touched, step(Interlocked.Increment(ref next)));
            }
        }))];
        long before = DeviceRead();
        Array.ForEach(threads, static t => t.Start());
        List<long> stops = [];
        object[] kept = new object[Survivors];
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            for (int i = 0; i < Survivors; i++)
            {
                kept[i] = new byte[64];
            }

            // From the call to its return: the suspension of all threads, which a page fault in managed code delays,
            // and the collection itself. The same generation each time.
            long at = Stopwatch.GetTimestamp();
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            stops.Add((long)Stopwatch.GetElapsedTime(at).TotalNanoseconds);
            Thread.Sleep(2);
        }

        GC.KeepAlive(kept);
        Volatile.Write(ref stop, true);
        Array.ForEach(threads, static t => t.Join());
        long[] sorted = [.. stops.Order()];
        return new PauseRun(
            name, sorted.Length, Statistics.Percentile(sorted, 0.5) / 1e3, Statistics.Percentile(sorted, 0.99) / 1e3,
            sorted[^1] / 1e3, DeviceRead() - before, touched);
    }

    private static long DeviceRead() => long.Parse(
        File.ReadLines("/proc/self/io").First(static l => l.StartsWith("read_bytes:", StringComparison.Ordinal))[11..],
        System.Globalization.CultureInfo.InvariantCulture);
}
