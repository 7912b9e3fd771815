using PackStore.Storage;
using PackStore.Tests.Crash;

namespace PackStore.Tests.Compaction;

/// <summary>Compaction of overwritten, removed and loose artifacts, stopped at any moment, cancelled, and done again
/// after kills; then everything is looked up, and once more after the index was lost.</summary>
internal sealed class CompactionCrashScenarios : CrashScenarioSet
{
    private static readonly CrashStep s_compact = CrashStep.Do(static (store, _) => store.CompactAsync());

    // As if everything that is not live were worth it: what is copied and left out then differs the most.
    private static readonly CrashStep s_compactAll =
        CrashStep.Do(static (store, _) => store.CompactAsync(new CompactionOptions { DeadRatio = 0 }));

    private static readonly CrashStep s_compactSome =
        CrashStep.Do(static (store, _) => store.CompactAsync(new CompactionOptions { DeadRatio = 0.4 }));

    private static readonly CrashStep s_reclaim = CrashStep.Do(static (store, _) =>
    {
        store.Compactor.TryReclaim(1, CancellationToken.None);
        return Task.CompletedTask;
    });

    private static readonly CrashStep s_cancelled = CrashStep.Do(static async (store, _) =>
    {
        using CancellationTokenSource source = new();
        Progress progress = new(source.Cancel);
        try
        {
            await store.CompactAsync(new CompactionOptions { DeadRatio = 0 }, progress, source.Token);
        }
        catch (OperationCanceledException)
        {
            // As asked for, after the first segment.
        }
    });

    private static readonly CrashStep s_dropIndex = CrashStep.DoOffline(static (directory, _) =>
    {
        foreach (string name in directory.List("index").Select(static e => $"index/{e.Name}"))
        {
            directory.Delete(name);
        }

        return Task.CompletedTask;
    });

    // Beside what is live: an older file whose removal was lost, one of a key that is not there, an unfinished one.
    private static readonly CrashStep s_leaveOrphans = CrashStep.DoOffline(static (directory, _) =>
    {
        foreach (string folder in directory.List("loose").Select(static e => $"loose/{e.Name}").ToArray())
        {
            // None where the put before has failed.
            string live = directory.List(folder).Select(static e => e.Name).FirstOrDefault($"{folder[^2..]}01_0");
            foreach (string name in new[] { $"{live}.77", $"{folder[^2..]}00_0", "00000000deadbeef.tmp" })
            {
                using IStoreFile file = directory.Create($"{folder}/{name}");
                file.Write(0, new byte[100]);
            }
        }

        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        foreach (Durability durability in Enum.GetValues<Durability>())
        {
            yield return new($"compact overwritten {durability}", durability,
                CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(1, 3600), CrashStep.Put(3, 3500),
                CrashStep.Put(1, 3700), CrashStep.Put(2, 3600), CrashStep.Flush, s_compactAll, CrashStep.Read,
                CrashStep.Put(2, 100), CrashStep.Read);
            yield return new($"compact tombstones {durability}", durability,
                CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(1, 3600),
                CrashStep.Put(4, 3500), CrashStep.Put(5, 3500), CrashStep.Remove(1), CrashStep.Put(6, 3500),
                CrashStep.Put(7, 3500), CrashStep.Put(8, 3500), s_reclaim, CrashStep.Flush, s_compact,
                s_dropIndex, CrashStep.Read);
        }

        foreach (CrashScenario scenario in MakeSpecial())
        {
            yield return scenario;
        }
    }

    private static IEnumerable<CrashScenario> MakeSpecial()
    {
        yield return new("compact loose", Durability.OnFlush,
            CrashStep.Put(1, 5000), CrashStep.Put(2, 6000, 100), CrashStep.Put(3, 3000), CrashStep.Flush,
            CrashStep.Put(1, 7000), CrashStep.Put(3, 3100), CrashStep.Flush, s_compactAll, CrashStep.Read,
            CrashStep.Remove(2), CrashStep.Flush, s_compactAll, CrashStep.Read);
        yield return new("compact, orphans", Durability.OnFlush,
            CrashStep.Put(1, 5000), CrashStep.Put(2, 5000), CrashStep.Flush, s_leaveOrphans, CrashStep.Put(1, 5100),
            s_compactAll, CrashStep.Read, CrashStep.Put(2, 5100), CrashStep.Kill, s_compact, CrashStep.Read);
        yield return new("compact twice, killed between", Durability.OnFlush,
            [.. Overwrites(1, 4), s_compactAll, CrashStep.Kill, .. Overwrites(2, 5), CrashStep.Flush, s_compact,
                CrashStep.Kill, CrashStep.Read, s_compactAll, CrashStep.Read]);
        yield return new("compact cancelled, killed", Durability.OnFlush,
            [.. Overwrites(1, 5), CrashStep.Flush, s_cancelled, CrashStep.Put(9, 100), CrashStep.Kill, s_cancelled,
                CrashStep.Reopen, CrashStep.Read]);
        yield return new("compact, snapshot, reopen", Durability.OnFlush,
            [.. Overwrites(1, 4), CrashStep.Snapshot, s_compactAll, CrashStep.Reopen, CrashStep.Read,
                .. Overwrites(3, 6), CrashStep.Flush, s_compactAll, CrashStep.Snapshot, CrashStep.Reopen,
                CrashStep.Read, s_dropIndex, CrashStep.Read]);
        yield return new("compact everything removed", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
            CrashStep.Remove(1), CrashStep.Remove(2), CrashStep.Remove(3), CrashStep.Remove(4), CrashStep.Flush,
            s_compactAll, CrashStep.Reopen, CrashStep.Put(1, 100), CrashStep.Flush, s_compactAll, s_dropIndex,
            CrashStep.Read);
        // Segment 1 stays, and in it what was removed; the one that its tombstone is in is rewritten. There is no
        // snapshot: who opens it after a kill makes the index anew.
        yield return new("compact a part with a tombstone", Durability.OnFlush,
            [.. Puts(1, 5), CrashStep.Remove(1), .. Puts(6, 9), CrashStep.Remove(5), CrashStep.Remove(6),
                .. Puts(10, 12), CrashStep.Flush, s_compactSome, CrashStep.Read]);
        yield return new("compact what is not durable yet", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
            CrashStep.Flush, CrashStep.Put(1, 3600), CrashStep.Remove(2), CrashStep.Put(3, 3600), s_compactAll,
            CrashStep.Read);
    }

    private static IEnumerable<CrashStep> Puts(int from, int to) =>
        Enumerable.Range(from, to - from + 1).Select(static key => CrashStep.Put(key, 3500));

    private static IEnumerable<CrashStep> Overwrites(int from, int to)
    {
        for (int round = 0; round < 2; round++)
        {
            for (int key = from; key <= to; key++)
            {
                yield return CrashStep.Put(key, 3000 + (100 * round));
            }
        }
    }

    private sealed class Progress(Action reported) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => reported();
    }
}
