using PackStore.TestChild;
using PackStore.Tests.Crash;

namespace PackStore.Tests.Space;

/// <summary>Evictions, pins and caps, each with crashes, snapshots, removals and overwrites around it.</summary>
internal sealed class SpaceCrashScenarios : CrashScenarioSet
{
    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        foreach (Durability durability in Enum.GetValues<Durability>())
        {
            yield return new($"evict {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Put(2, 100), CrashStep.Put(3, 700), CrashStep.Flush,
                CrashStep.Put(2, 300), EvictTo(1100), CrashStep.Put(1, 50), CrashStep.Flush, CrashStep.Read,
                EvictTo(0), CrashStep.Reopen, CrashStep.Read, CrashStep.Put(3, 20), CrashStep.Reopen);
            yield return new($"evict loose {durability}", durability,
                CrashStep.Put(1, 5000), CrashStep.Put(2, 100), CrashStep.Flush, EvictTo(0), CrashStep.Read,
                CrashStep.Flush, CrashStep.Put(1, 6000), CrashStep.Flush, EvictTo(0), CrashStep.Reopen);
            yield return new($"evict, remove {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Put(1, 200), CrashStep.Put(2, 100), CrashStep.Flush, EvictTo(0),
                CrashStep.Remove(1), CrashStep.Flush, CrashStep.Kill, CrashStep.Read, CrashStep.Remove(2),
                CrashStep.Flush);
            yield return new($"cap {durability}", durability,
                [.. Enumerable.Range(1, 12).Select(i => CrashStep.Put((i % 7) + 1, 900, 40)), CrashStep.Flush,
                    CrashStep.Read, CrashStep.PutMany([1, 2, 8], 400), CrashStep.Reopen, CrashStep.Put(9, 1500)])
            {
                MaxBytes = 6000,
            };
        }

        yield return new("evict, snapshot", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Put(2, 100), CrashStep.Flush, CrashStep.Put(1, 200), EvictTo(400),
            CrashStep.Snapshot, CrashStep.Put(3, 100), CrashStep.Flush, EvictTo(0), CrashStep.Put(2, 60),
            CrashStep.Snapshot, CrashStep.Kill, CrashStep.Put(4, 60), CrashStep.Reopen, CrashStep.Read);
        yield return new("evict, killed, evict", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
            CrashStep.Put(5, 3500), CrashStep.Flush, EvictTo(8000), CrashStep.Kill, EvictTo(4000), CrashStep.Reopen,
            CrashStep.Put(1, 300), CrashStep.Kill, EvictTo(0), CrashStep.Flush, CrashStep.Read);
        yield return new("pins", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Put(2, 100), Pin(1), CrashStep.Flush, EvictTo(0), CrashStep.Read,
            CrashStep.Kill, CrashStep.Put(3, 50), EvictTo(0), CrashStep.Reopen, Unpin(1), EvictTo(0),
            CrashStep.Read);
    }

    /// <summary>Evicts; a victim may be there or not from then on, but never in an older version.</summary>
    private static CrashStep EvictTo(long bytes) => CrashStep.Do(async (store, model) =>
        await store.EvictAsync(new EvictionOptions
        {
            MaxBytes = bytes,
            OnVictim = victim => model.Evict(SampleArtifact.NumberOf(victim.Key)),
        }));

    private static CrashStep Pin(int key) => CrashStep.Do((store, _) =>
    {
        store.Pin([SampleArtifact.Key(key)], "test");
        return Task.CompletedTask;
    });

    private static CrashStep Unpin(int key) => CrashStep.Do((store, _) =>
    {
        store.Unpin([SampleArtifact.Key(key)], "test");
        return Task.CompletedTask;
    });
}
