using PackStore.Engine;
using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>
/// Judges one disk: it opens; every key is in a state that is right; counts are those of the data; a second open finds
/// the very same and changes nothing; and, asked to be thorough, new puts work and last through the next power cut.
/// </summary>
internal static class CrashOracle
{
    private const int ProbeKey = 77_777;

    // Where the writer is and who it is: both hints are written at every open.
    private static readonly string[] s_hints = [StoreFileNames.Head, StoreFileNames.Lock];

    /// <summary>Returns what is wrong, or null. The disk goes on to the end of it all.</summary>
    public static string? FindProblem(
        MemoryDirectory disk, PackStoreOptions options, CrashExpectation expected, bool isThorough = true)
    {
        try
        {
            int[] found;
            bool hasTorn;
            using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
            {
                found = ReadAll(store, expected);
                if ((FindWrongState(found, expected) ?? FindWrongCount(store, expected, found, mustBeExact: false))
                    is { } problem)
                {
                    return problem;
                }

                // So it says of itself after a hit has found a record that the crash tore. Each later open counts it
                // again, until a hit finds it again. A segment that a repair was about to replace is looked for again,
                // too.
                hasTorn = !store.Engine.Core.Accounting.IsExact || store.Engine.Writer!.Lost.Count > 0;
            }

            return FindProblemAgain(disk, options, expected, found, hasTorn)
                ?? (isThorough ? FindProblemGoingOn(disk, options, expected, found, hasTorn) : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.ToString();
        }
    }

    /// <summary>After the first clean close nothing is left to recover.</summary>
    private static string? FindProblemAgain(
        MemoryDirectory disk, PackStoreOptions options, CrashExpectation expected, int[] first, bool hasTorn)
    {
        Dictionary<string, UInt128> before = disk.Fingerprints();
        string opened;
        using (ArtifactStore again = ArtifactStore.OpenOver(disk, options))
        {
            if (FindDifference(again, expected, first, hasTorn) is { } problem)
            {
                return $"second open: {problem}";
            }

            opened = Describe(again);
        }

        return !hasTorn && FindChange(before, disk.Fingerprints()) is { } name
            ? $"second open: it changed {name}, {opened}"
            : null;
    }

    private static string Describe(ArtifactStore store) =>
        $"clean {store.Engine.Writer!.WasClean}, sequence {store.Engine.Writer.OpenedSequence} "
        + $"to {store.Engine.Writer.Sequence}, segments changed {store.Engine.Writer.SegmentsChanged}, "
        + $"exact {store.Engine.Core.Accounting.IsExact}, recency {store.Engine.Core.State.Table.HasRecencyChanged}";

    private static string? FindChange(Dictionary<string, UInt128> before, Dictionary<string, UInt128> after)
    {
        foreach ((string name, UInt128 print) in after)
        {
            if ((!before.Remove(name, out UInt128 was) || was != print) && !s_hints.Contains(name))
            {
                return name;
            }
        }

        return before.Keys.FirstOrDefault();
    }

    /// <summary>What was recovered, put and flushed must outlast the next power cut.</summary>
    private static string? FindProblemGoingOn(
        MemoryDirectory disk, PackStoreOptions options, CrashExpectation expected, int[] first, bool hasTorn)
    {
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
        {
            ArtifactPut put = SampleArtifact.Put(ProbeKey, 1, 100);
            store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().GetAwaiter().GetResult();
            store.Engine.Commits!.FlushNow();
        }

        MemoryDirectory cut = disk.Crash(MaskChooser.LoseAll);
        try
        {
            using ArtifactStore store = ArtifactStore.OpenOver(cut, options);
            return FindDifference(store, expected, first, hasTorn) is { } problem
                ? $"after the next power cut: {problem}"
                : SampleArtifact.VersionOf(store, ProbeKey) == 1 ? null
                : "what was put after recovery is lost";
        }
        finally
        {
            cut.Discard();
        }
    }

    private static int[] ReadAll(ArtifactStore store, CrashExpectation expected) =>
        Array.ConvertAll(expected.Keys, k => SampleArtifact.VersionOf(store, k));

    private static string? FindDifference(ArtifactStore store, CrashExpectation expected, int[] first, bool hasTorn)
    {
        int[] found = ReadAll(store, expected);
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] != first[i] && !MayCome(expected, i, found[i]))
            {
                return $"key {expected.Keys[i]} is {found[i]}, the first open found {first[i]}";
            }
        }

        return FindWrongCount(store, expected, found, mustBeExact: !hasTorn);
    }

    private static bool MayCome(CrashExpectation expected, int index, int found)
    {
        int key = expected.Keys[index];
        return expected.Evicted.Contains(key) && expected.Allowed[key].Contains(found);
    }

    private static string? FindWrongState(int[] found, CrashExpectation expected)
    {
        for (int i = 0; i < found.Length; i++)
        {
            int[] right = expected.Allowed[expected.Keys[i]];
            if (!right.Contains(found[i]))
            {
                return $"key {expected.Keys[i]} is {found[i]}, right are {string.Join(',', right)}";
            }
        }

        return null;
    }

    private static string? FindWrongCount(ArtifactStore store, CrashExpectation expected, int[] found, bool mustBeExact)
    {
        StoreCore core = store.Engine.Core;
        store.Engine.Recovery.Wait(CancellationToken.None);
        if (core.Accounting.IsExact)
        {
            StoreCounters kept = core.Accounting.Counters;
            long live = LiveBytes(core);
            LiveRecount.Run(core, CancellationToken.None);
            if (kept != core.Accounting.Counters || live != LiveBytes(core))
            {
                return $"counters {kept} live {live}, recount {core.Accounting.Counters} live {LiveBytes(core)}";
            }
        }
        else if (mustBeExact)
        {
            return "the counters are not exact";
        }

        HashSet<int> listed = [];
        foreach (ArtifactKey key in store.EnumerateKeys())
        {
            int number = SampleArtifact.NumberOf(key);
            int at = Array.IndexOf(expected.Keys, number);
            if (!listed.Add(number) || (number != ProbeKey && at < 0))
            {
                return $"enumerated key {number}, which is {(at < 0 ? "nobody's" : "listed before")}";
            }
        }

        // A record whose loose file a crash has taken is listed, and a miss.
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] != CrashModel.Absent && !listed.Contains(expected.Keys[i]))
            {
                return $"key {expected.Keys[i]} is a hit and not enumerated";
            }
        }

        return null;
    }

    private static long LiveBytes(StoreCore core)
    {
        long sum = 0;
        foreach (Segments.Segment segment in core.State.Segments.All)
        {
            sum += segment.LiveBytes;
        }

        return sum;
    }
}
