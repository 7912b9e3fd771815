using PackStore.Engine;
using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>
/// Judges one disk: it opens; every key is in a state that is right; counts are those of the data; new puts work and
/// last; and a second open finds
/// the very same.
/// </summary>
internal static class CrashOracle
{
    private const int ProbeKey = 77_777;

    /// <summary>Returns what is wrong, or null.</summary>
    public static string? FindProblem(MemoryDirectory disk, PackStoreOptions options, CrashExpectation expected)
    {
        try
        {
            Dictionary<int, int> first;
            using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
            {
                first = ReadAll(store, expected);
                if ((FindWrongState(first, expected) ?? FindWrongCount(store, first)) is { } problem)
                {
                    return problem;
                }

                ArtifactPut put = SampleArtifact.Put(ProbeKey, 1, 100);
                store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().GetAwaiter().GetResult();
                store.FlushAsync().AsTask().GetAwaiter().GetResult();
            }

            return FindProblemAgain(disk.Crash(MaskChooser.LoseAll), options, expected, first);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.ToString();
        }
    }

    /// <summary>What was recovered and flushed must outlast the next power cut.</summary>
    private static string? FindProblemAgain(
        MemoryDirectory disk, PackStoreOptions options, CrashExpectation expected, Dictionary<int, int> first)
    {
        try
        {
            using ArtifactStore again = ArtifactStore.OpenOver(disk, options);
            Dictionary<int, int> second = ReadAll(again, expected);
            foreach ((int key, int version) in first)
            {
                if (second[key] != version)
                {
                    return $"second open: key {key} is {second[key]}, the first found {version}";
                }
            }

            return SampleArtifact.VersionOf(again, ProbeKey) == 1 ? FindWrongCount(again, second)
                : "what was put after recovery is lost";
        }
        finally
        {
            disk.Discard();
        }
    }

    private static Dictionary<int, int> ReadAll(ArtifactStore store, CrashExpectation expected) =>
        expected.Allowed.Keys.ToDictionary(k => k, k => SampleArtifact.VersionOf(store, k));

    private static string? FindWrongState(Dictionary<int, int> found, CrashExpectation expected)
    {
        foreach ((int key, int version) in found)
        {
            if (!expected.Allowed[key].Contains(version))
            {
                return $"key {key} is {version}, right are {string.Join(',', expected.Allowed[key])}";
            }
        }

        return null;
    }

    private static string? FindWrongCount(ArtifactStore store, Dictionary<int, int> found)
    {
        StoreCore core = store.Engine.Core;
        store.Engine.Recovery.Wait(CancellationToken.None);
        bool exact = core.Accounting.IsExact;
        StoreCounters kept = core.Accounting.Counters;
        long live = core.State.Segments.All.Sum(s => s.LiveBytes);
        LiveRecount.Run(core, CancellationToken.None);
        StoreCounters counted = core.Accounting.Counters;
        if (exact && (kept != counted || live != core.State.Segments.All.Sum(s => s.LiveBytes)))
        {
            return $"counters {kept} live {live}, recount {counted} live " +
                $"{core.State.Segments.All.Sum(s => s.LiveBytes)}";
        }

        List<int> keys = [.. store.EnumerateKeys().Select(k => SampleArtifact.NumberOf(k)).Where(k => k != ProbeKey)];
        List<int> hits = [.. found.Where(f => f.Value != CrashModel.Absent).Select(f => f.Key)];
        return keys.Count != keys.Distinct().Count() || hits.Except(keys).Any() || keys.Except(found.Keys).Any()
            ? $"enumerated {string.Join(',', keys.Order())}, hits {string.Join(',', hits.Order())}"
            : null;
    }
}
