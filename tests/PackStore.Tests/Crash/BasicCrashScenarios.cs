namespace PackStore.Tests.Crash;

/// <summary>Put, overwrite, remove, batch, seal, loose writes, pending puts, snapshots, checkpoints, growth, each at
/// the durability levels that make a difference.</summary>
internal sealed class BasicCrashScenarios : CrashScenarioSet
{
    private static readonly int[] s_batch = [1, 2, 3, 4];

    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        foreach (Durability durability in Enum.GetValues<Durability>())
        {
            yield return new($"put {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Put(2, 700, 30), CrashStep.Flush, CrashStep.Put(3, 20),
                    CrashStep.Read, CrashStep.Put(1000, 64));
            yield return new($"overwrite {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Flush, CrashStep.Put(1, 900), CrashStep.Put(1, 100), CrashStep.Read,
                    CrashStep.Flush,
                CrashStep.Put(1, 300));
            yield return new($"remove {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Put(2, 100), CrashStep.Flush, CrashStep.Remove(1), CrashStep.Flush,
                    CrashStep.Remove(2),
                CrashStep.Put(1, 50), CrashStep.Remove(1), CrashStep.Flush);
            yield return new($"batch {durability}", durability,
                CrashStep.PutMany(s_batch, 300), CrashStep.Flush, CrashStep.PutMany([3, 4, 5, 6], 1500),
                    CrashStep.Flush,
                CrashStep.PutMany(s_batch, 5000, 200), CrashStep.Read);
            yield return new($"roll {durability}", durability,
                CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
                    CrashStep.Put(1, 3500),
                CrashStep.Flush, CrashStep.Remove(2), CrashStep.Put(5, 3900), CrashStep.Put(6, 3900), CrashStep.Put(7,
                    3900), CrashStep.Read);
            yield return new($"loose {durability}", durability,
                CrashStep.Put(1, 5000), CrashStep.Flush, CrashStep.Put(1, 6000, 10), CrashStep.Read, CrashStep.Put(1,
                    5000), CrashStep.Flush,
                CrashStep.Remove(1), CrashStep.Flush, CrashStep.Put(2, 9000));
            yield return new($"kill {durability}", durability,
                CrashStep.Put(1, 100), CrashStep.Put(2, 5000), CrashStep.Kill, CrashStep.Flush, CrashStep.Put(3, 100),
                    CrashStep.Kill,
                CrashStep.Put(1, 200), CrashStep.Flush, CrashStep.Read);
        }

        foreach (CrashScenario scenario in MakeSpecial())
        {
            yield return scenario;
        }
    }

    private static IEnumerable<CrashScenario> MakeSpecial()
    {
        yield return new("pending", Durability.OnFlush,
            CrashStep.Pending(1, 300), CrashStep.Pending(2, 5000), CrashStep.Flush, CrashStep.Pending(1, 400),
                CrashStep.Flush, CrashStep.Read);
        yield return new("pending at commit", Durability.OnCommit,
            CrashStep.Pending(1, 300), CrashStep.Pending(2, 5000), CrashStep.Read);
        yield return new("snapshot", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Put(2, 100), CrashStep.Flush, CrashStep.Put(1, 200), CrashStep.Snapshot,
                CrashStep.Put(2, 300),
            CrashStep.Remove(1), CrashStep.Snapshot, CrashStep.Flush, CrashStep.Read);
        yield return new("reopen", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Reopen, CrashStep.Put(2, 200), CrashStep.Put(1, 300), CrashStep.Flush,
                CrashStep.Reopen,
            CrashStep.Reopen, CrashStep.Remove(1), CrashStep.Flush, CrashStep.Put(3, 100), CrashStep.Reopen,
                CrashStep.Read);
        yield return new("reopen, kill", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Reopen, CrashStep.Put(2, 200), CrashStep.Kill, CrashStep.Put(3, 300),
                CrashStep.Reopen,
            CrashStep.Remove(1), CrashStep.Kill, CrashStep.Read, CrashStep.Reopen);
        yield return new("rolled, killed, flushed", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
                CrashStep.Put(5, 3500),
            CrashStep.Kill, CrashStep.Flush, CrashStep.Read);
        yield return new("flushed, killed, put on", Durability.OnFlush,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
            CrashStep.Remove(1), CrashStep.Put(3, 3400), CrashStep.Put(5, 3500), CrashStep.Put(4, 3400),
            CrashStep.Put(5, 3400), CrashStep.Flush, CrashStep.Reopen, CrashStep.Read, CrashStep.Put(2, 3500),
            CrashStep.Flush, CrashStep.Remove(3), CrashStep.Kill, CrashStep.Put(6, 3500), CrashStep.Snapshot,
            CrashStep.Read);
        yield return new("checkpoint", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Checkpoint, CrashStep.Put(2, 100), CrashStep.Flush, CrashStep.Checkpoint,
            CrashStep.Put(1, 200), CrashStep.Reopen, CrashStep.Checkpoint, CrashStep.Put(3, 100), CrashStep.Flush);
        yield return new("directory", Durability.OnFlush,
            CrashStep.Put(1, 100), CrashStep.Put(2, 100), CrashStep.Directory, CrashStep.Put(1, 200), CrashStep.Flush,
                CrashStep.Remove(2),
            CrashStep.Directory, CrashStep.Put(2, 300), CrashStep.Flush);
        yield return new("growth", Durability.OnFlush,
            [.. Enumerable.Range(1, 40).Select(i =>
                CrashStep.Put(i, 24)), CrashStep.Flush, CrashStep.PutMany([.. Enumerable.Range(30, 40)], 24),
                CrashStep.Snapshot, CrashStep.Flush, CrashStep.Remove(5)]);
        yield return new("filled by reopening", Durability.OnFlush,
            [.. Enumerable.Range(1, 24).SelectMany(i => new[] { CrashStep.Put(i, 480), CrashStep.Reopen })]);
    }
}
