using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace PackStore.Bench.Space;

/// <summary>
/// Fills a store, evicts exactly half of it in one go, and says what that took: CPU time, files opened, and whether
/// exactly the least recently used went. Once in the process that put, and with half of what is left after a restart.
/// </summary>
internal static class EvictCommand
{
    private const int PayloadBytes = 64;
    private const int Hours = 48;
    private const int BatchPuts = 4096;
    private const double GoalSeconds = 1;

    /// <summary>How to call it.</summary>
    public const string Usage = "evict [COUNT] [DIRECTORY]   (2000000 artifacts in a temporary directory)";

    /// <summary>Runs it.</summary>
    public static int Run(string[] arguments)
    {
        int count = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 2_000_000;
        string root = arguments.Length > 1
            ? arguments[1]
            : Directory.CreateTempSubdirectory("packstore-evict-").FullName;
        string path = Path.Combine(root, "store");
        try
        {
            DateTimeOffset first = TimeProvider.System.GetUtcNow().AddHours(-Hours - 1);
            bool isMet;
            using (ArtifactStore store = ArtifactStore.Open(path))
            {
                Fill(store, count, first);
                isMet = Measure(store, count / 2, "in the process that put");
                isMet &= Check(store, count, count / 2, first);
            }

            using (ArtifactStore store = ArtifactStore.Open(path))
            {
                isMet &= Measure(store, count / 4, "after a restart");
                return Check(store, count, count / 4, first) && isMet ? 0 : 1;
            }
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static void Fill(ArtifactStore store, int count, DateTimeOffset first)
    {
        byte[] payload = new byte[PayloadBytes];
        for (int from = 0; from < count; from += BatchPuts)
        {
            ArtifactPut[] puts = new ArtifactPut[Math.Min(BatchPuts, count - from)];
            for (int i = 0; i < puts.Length; i++)
            {
                DateTimeOffset used = first.AddHours(HourOf(from + i));
                puts[i] = new ArtifactPut
                {
                    Key = KeyOf(from + i),
                    Outcome = new ArtifactOutcome { StoredAt = used, LastUsed = used },
                    Payloads = [ArtifactPayload.FromBytes("o", payload)],
                };
            }

            store.PutManyAsync(puts).AsTask().GetAwaiter().GetResult();
        }

        store.FlushAsync().AsTask().GetAwaiter().GetResult();
    }

    private static bool Measure(ArtifactStore store, int keep, string when)
    {
        StoreStats stats = store.GetStats();
        long each = stats.LiveBytes / stats.Artifacts;
        long target = keep * each;
        using Process self = Process.GetCurrentProcess();
        int files = OpenFiles();
        TimeSpan cpu = self.TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        EvictionReport report = store.EvictAsync(new EvictionOptions { MaxBytes = target }).GetAwaiter().GetResult();
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        self.Refresh();
        double seconds = (self.TotalProcessorTime - cpu).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{when}: {report.Artifacts} of {stats.Artifacts} evicted, "
            + $"CPU {seconds:F3} s (goal: below {GoalSeconds}), "
            + $"elapsed {took.TotalSeconds:F3} s, files opened {OpenFiles() - files} (segments {stats.Segments}), "
            + $"target met {report.IsTargetMet}"));
        return seconds < GoalSeconds && report.Artifacts == stats.Artifacts - keep;
    }

    /// <summary>So many are left, and of the hours those of the end: nothing before a border, everything behind
    /// it.</summary>
    private static bool Check(ArtifactStore store, int count, int keep, DateTimeOffset first)
    {
        int wrong = 0;
        int[] left = new int[Hours];
        int[] all = new int[Hours];
        for (int i = 0; i < count; i++)
        {
            all[HourOf(i)]++;
            left[HourOf(i)] += store.Contains(KeyOf(i)) ? 1 : 0;
        }

        int border = Enumerable.Range(0, Hours).First(h => left[h] > 0);
        for (int hour = border + 1; hour < Hours; hour++)
        {
            wrong += left[hour] == all[hour] ? 0 : 1;
        }

        wrong += left.Sum() == keep ? 0 : 1;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"left {left.Sum()} of {count}; nothing of the hours before {first.AddHours(border):u}, "
            + $"{left[border]} of {all[border]} within it, all after it: {(wrong == 0 ? "exact" : "WRONG")}"));
        return wrong == 0;
    }

    private static int OpenFiles() =>
        Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    // Spread, so that neighbours in the segments were used at different times.
    private static int HourOf(int number) => (int)((uint)number * 2_654_435_761 >> 8) % Hours;

    private static ArtifactKey KeyOf(int number)
    {
        Span<byte> key = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(key, (ulong)number * 0x9E37_79B9_7F4A_7C15);
        BinaryPrimitives.WriteInt32LittleEndian(key[8..], number);
        return ArtifactKey.FromBytes(key);
    }
}
