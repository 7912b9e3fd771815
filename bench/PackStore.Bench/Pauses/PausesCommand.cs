using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PackStore.Bench.Data;
using PackStore.Bench.Report;

namespace PackStore.Bench.Pauses;

/// <summary>Compares garbage collections beside cold, slow reads of a store with those beside no reads at
/// all.</summary>
internal static class PausesCommand
{
    public const string Usage = "gc-pauses [--dir DIR] [--mib 512] [--payload 65536] [--seconds 30] [--rate MB/s 5]";

    private const double Goal = 3;

    public static int Run(string[] arguments)
    {
        CommandArguments? given =
            CommandArguments.Parse(arguments, Usage, "--dir", "--mib", "--payload", "--seconds", "--rate");
        if (given is null)
        {
            return 2;
        }

        string root = given.CreateDirectory("pauses");
        try
        {
            return Run(
                root, (long)(given.Number("--mib", 512) * (1 << 20)), (int)given.Number("--payload", 65_536),
                TimeSpan.FromSeconds(given.Number("--seconds", 30)), (long)(given.Number("--rate", 5) * 1e6));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static int Run(string root, long bytes, int payload, TimeSpan time, long rate)
    {
        int count = (int)(bytes / payload);
        string store = Path.Combine(root, "store");
        string plain = Path.Combine(root, "plain");
        Make(store, plain, count, payload);
        int[] order = [.. Enumerable.Range(0, count)];
        new Random(1).Shuffle(order);

        PauseRun.Measure("warm-up", TimeSpan.FromSeconds(1), null);
        PauseRun idle = PauseRun.Measure("no reads", time, null);
        using ReadThrottle? throttle = ReadThrottle.TryStart(root, rate, out string how);
        DropAll(root);
        PauseRun cold;
        using (ArtifactStore opened = ArtifactStore.Open(store, new PackStoreOptions { CreateIfMissing = false }))
        {
            cold = PauseRun.Measure("cold store", time, n => Touch(opened, order[n % count]));
        }

        PauseRun bare = MeasureBare(plain, order, payload, time);
        PauseRun idleAgain = PauseRun.Measure("no reads, again", time, null);

        // The better of the two idle runs is not chosen: they are one sample.
        double reference = (idle.P99 + idleAgain.P99) / 2;
        double ratio = cold.P99 / reference;
        Console.WriteLine($"{count} artifacts of {payload} bytes; {how}");
        Console.WriteLine();
        Console.WriteLine("| beside | collections | p50 us | p99 us | max us | read from the device | touched |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (PauseRun run in new[] { idle, cold, bare, idleAgain })
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {run.Name} | {run.Collections} | {run.P50:F0} | {run.P99:F0} | {run.Max:F0} | ")
                + string.Create(
                    CultureInfo.InvariantCulture, $"{run.DeviceBytes / 1e6:F1} MB | {run.Touched / 1e6:F1} MB |"));
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 beside cold reads / without reads: {ratio:F2} (goal: at most {Goal:F0}); bare map: ")
            + string.Create(CultureInfo.InvariantCulture, $"{bare.P99 / reference:F2}"));
        return ratio <= Goal ? 0 : 1;
    }

    private static void Make(string directory, string plain, int count, int payload)
    {
        byte[] bytes = new byte[payload];
        Random random = new(2);
        using ArtifactStore store = ArtifactStore.Open(directory);
        using FileStream file = File.Create(plain);
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(bytes);
            store.PutAsync(KeyOf(i), ArtifactOutcome.Success, [ArtifactPayload.FromBytes("o", bytes)])
                .AsTask().GetAwaiter().GetResult();
            file.Write(bytes);
        }
    }

    private static unsafe PauseRun MeasureBare(string plain, int[] order, int payload, TimeSpan time)
    {
        using SafeFileHandle file = File.OpenHandle(plain);
        long length = RandomAccess.GetLength(file);
        byte* start = Native.MapForReading(file, length);
        try
        {
            return PauseRun.Measure(
                "bare map", time,
                n => Sum(new ReadOnlySpan<byte>(start + ((long)order[n % order.Length] * payload), payload)));
        }
        finally
        {
            Native.Unmap(start, length);
        }
    }

    private static long Touch(ArtifactStore store, int index)
    {
        using PayloadLease lease = store.EnsurePayloads(KeyOf(index));
        return lease.IsHit ? Sum(lease[0]) : throw new InvalidOperationException($"artifact {index} is a miss");
    }

    /// <summary>Reads every byte, in pieces that a collection may fall between.</summary>
    private static long Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        foreach (byte b in bytes)
        {
            sum += b;
        }

        return sum < 0 ? 0 : bytes.Length;
    }

    private static ArtifactKey KeyOf(int index)
    {
        Span<byte> key = stackalloc byte[32];
        new Random(index).NextBytes(key);
        return ArtifactKey.FromBytes(key);
    }

    private static void DropAll(string root)
    {
        Native.SyncFileSystem(root);
        foreach (string path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path);
            Native.DropPages(file);
        }
    }
}
