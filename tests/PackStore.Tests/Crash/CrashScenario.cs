namespace PackStore.Tests.Crash;

/// <summary>What one step of a scenario does.</summary>
internal enum CrashAction
{
    /// <summary>Puts one version of one key, overwriting.</summary>
    Put,

    /// <summary>Puts all keys in one call.</summary>
    PutMany,

    /// <summary>Puts from a file that is copied in the background.</summary>
    PutPending,

    /// <summary>Removes a key.</summary>
    Remove,

    /// <summary>Looks up all keys.</summary>
    Read,

    /// <summary>Flushes.</summary>
    Flush,

    /// <summary>Writes an index snapshot, as the background does.</summary>
    Snapshot,

    /// <summary>Appends a directory block, as every so many records do.</summary>
    Directory,

    /// <summary>Closes and opens again.</summary>
    Reopen,

    /// <summary>Kills the process and opens again.</summary>
    Kill,
}

/// <summary>One step: data, so that a scenario can be printed, shortened and generated.</summary>
internal sealed record CrashStep(CrashAction Action, int[] Keys, int[] Lengths)
{
    public static CrashStep Flush { get; } = new(CrashAction.Flush, [], []);

    public static CrashStep Read { get; } = new(CrashAction.Read, [], []);

    public static CrashStep Snapshot { get; } = new(CrashAction.Snapshot, [], []);

    public static CrashStep Directory { get; } = new(CrashAction.Directory, [], []);

    public static CrashStep Reopen { get; } = new(CrashAction.Reopen, [], []);

    public static CrashStep Kill { get; } = new(CrashAction.Kill, [], []);

    public static CrashStep Put(int key, params int[] lengths) => new(CrashAction.Put, [key], lengths);

    public static CrashStep Pending(int key, params int[] lengths) => new(CrashAction.PutPending, [key], lengths);

    public static CrashStep PutMany(int[] keys, params int[] lengths) => new(CrashAction.PutMany, keys, lengths);

    public static CrashStep Remove(int key) => new(CrashAction.Remove, [key], []);
}

/// <summary>A named run of steps over a store that is made anew.</summary>
internal sealed record CrashScenario(string Name, Durability Durability, params CrashStep[] Steps)
{
    private static readonly int[] s_batch = [1, 2, 3, 4];

    /// <summary>16 KiB, so that a few puts roll segments.</summary>
    public long SegmentBytes { get; init; } = 16 << 10;

    /// <summary>The options to open with; nothing happens by the clock.</summary>
    public PackStoreOptions Options => new()
    {
        SegmentSizeBytes = SegmentBytes,
        LooseThresholdBytes = 4096,
        Durability = Durability,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    /// <summary>All scenarios, each at the durability levels that make a difference.</summary>
    public static IReadOnlyList<CrashScenario> All { get; } = [.. Make()];

    /// <summary>By name.</summary>
    public static CrashScenario Of(string name) => All.Single(s => s.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static IEnumerable<CrashScenario> Make()
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
