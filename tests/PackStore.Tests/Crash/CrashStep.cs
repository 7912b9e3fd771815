using PackStore.Storage;

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

    /// <summary>Replaces the checkpoint.</summary>
    Checkpoint,

    /// <summary>Appends a directory block, as every so many records do.</summary>
    Directory,

    /// <summary>Closes and opens again.</summary>
    Reopen,

    /// <summary>Kills the process and opens again.</summary>
    Kill,

    /// <summary>Runs <see cref="CrashStep.Live"/> on the open store.</summary>
    Live,

    /// <summary>Closes, runs <see cref="CrashStep.Offline"/> on the disk, and opens again.</summary>
    Offline,
}

/// <summary>One step: data, so that a scenario can be printed, shortened and generated.</summary>
internal sealed record CrashStep(CrashAction Action, int[] Keys, int[] Lengths)
{
    public static CrashStep Flush { get; } = new(CrashAction.Flush, [], []);

    public static CrashStep Read { get; } = new(CrashAction.Read, [], []);

    public static CrashStep Snapshot { get; } = new(CrashAction.Snapshot, [], []);

    public static CrashStep Checkpoint { get; } = new(CrashAction.Checkpoint, [], []);

    public static CrashStep Directory { get; } = new(CrashAction.Directory, [], []);

    public static CrashStep Reopen { get; } = new(CrashAction.Reopen, [], []);

    public static CrashStep Kill { get; } = new(CrashAction.Kill, [], []);

    /// <summary>What a step of its own does to the open store; the model tells it what may be found, and is told what
    /// changes.</summary>
    public Func<ArtifactStore, CrashModel, Task>? Live { get; init; }

    /// <summary>What a step of its own does to a store that is closed.</summary>
    public Func<IStoreDirectory, CrashModel, Task>? Offline { get; init; }

    public static CrashStep Put(int key, params int[] lengths) => new(CrashAction.Put, [key], lengths);

    public static CrashStep Pending(int key, params int[] lengths) => new(CrashAction.PutPending, [key], lengths);

    public static CrashStep PutMany(int[] keys, params int[] lengths) => new(CrashAction.PutMany, keys, lengths);

    public static CrashStep Remove(int key) => new(CrashAction.Remove, [key], []);

    /// <summary>A step of its own on the open store, for instance a compaction.</summary>
    public static CrashStep Do(Func<ArtifactStore, CrashModel, Task> run) =>
        new(CrashAction.Live, [], []) { Live = run };

    /// <summary>A step of its own on the closed store, for instance a repair. It changes the disk through the directory
    /// that it is given and no other.</summary>
    public static CrashStep DoOffline(Func<IStoreDirectory, CrashModel, Task> run) =>
        new(CrashAction.Offline, [], []) { Offline = run };
}
