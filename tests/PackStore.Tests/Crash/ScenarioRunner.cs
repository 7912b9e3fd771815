using PackStore.Engine;
using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>Runs a scenario over a disk in memory, keeping the model beside the store.</summary>
/// <param name="scenario">What to do.</param>
/// <param name="wrap">The double to put around the disk.</param>
internal sealed class ScenarioRunner(CrashScenario scenario, Func<MemoryDirectory, IStoreDirectory> wrap) : IDisposable
{
    // Made when a step needs it: few do.
    private TempStore? _files;
    private readonly List<MemoryDirectory> _disks = [];

    /// <summary>What may be found.</summary>
    public CrashModel Model { get; } = new();

    /// <summary>The disk as it is now; another one after each kill.</summary>
    public MemoryDirectory Disk { get; private set; } = new(isQuick: true);

    /// <summary>Whether failures of an operation are part of the test: it is then neither done nor undone.</summary>
    public bool AllowsFailures { get; init; }

    /// <summary>Failures that were not of a type that a caller can expect.</summary>
    public List<string> Untyped { get; } = [];

    /// <summary>Runs all steps and closes.</summary>
    public async Task RunAsync()
    {
        ArtifactStore? store = await TryOpenAsync();
        foreach (CrashStep step in scenario.Steps)
        {
            store = await StepAsync(store, step);
        }

        await CloseAsync(store);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disks.ForEach(static d => d.Discard());
        Disk.Discard();
        _files?.Dispose();
    }

    private async Task<ArtifactStore?> StepAsync(ArtifactStore? store, CrashStep step)
    {
        if (step.Action == CrashAction.Kill)
        {
            ArtifactStore? old = store;
            _disks.Add(Disk);
            Disk = Disk.KillImage();
            store = await TryOpenAsync();
            await AttemptAsync(() => old?.Dispose());
            return store;
        }

        if (step.Action is CrashAction.Reopen or CrashAction.Offline)
        {
            await CloseAsync(store);
            await AttemptAsync(() => step.Offline?.Invoke(wrap(Disk), Model) ?? Task.CompletedTask);
            return await TryOpenAsync();
        }

        if (store is null && (store = await TryOpenAsync()) is null)
        {
            return null;
        }

        await OperateAsync(store, step);
        return store;
    }

    private Task OperateAsync(ArtifactStore store, CrashStep step) => step.Action switch
    {
        CrashAction.Put or CrashAction.PutPending or CrashAction.PutMany => PutAsync(store, step),
        CrashAction.Remove => RemoveAsync(store, step.Keys[0]),
        CrashAction.Read => AttemptAsync(() => Read(store)),
        CrashAction.Flush => FlushAsync(store),
        CrashAction.Snapshot => AttemptAsync(() => store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None)),
        CrashAction.Checkpoint => AttemptAsync(() => store.Engine.Checkpoints!.TryWriteCheckpoint(clean: false)),
        CrashAction.Live => AttemptAsync(() => step.Live!(store, Model)),
        CrashAction.Directory => AttemptAsync(() => AppendDirectory(store.Engine)),
        _ => throw new InvalidOperationException($"{step.Action}"),
    };

    private static void AppendDirectory(StoreEngine engine)
    {
        lock (engine.Core.WriteLock)
        {
            engine.Checkpoints!.CompleteDirectory();
        }
    }

    private async Task PutAsync(ArtifactStore store, CrashStep step)
    {
        if (scenario.MaxBytes is not null)
        {
            Model.MayVanish();
        }

        int version = Model.NextVersion();
        foreach (int key in step.Keys)
        {
            Model.Start(key, version);
        }

        ArtifactPut[] puts = [.. step.Keys.Select(k => step.Action == CrashAction.PutPending
            ? PendingOf(k, version, step.Lengths)
            : SampleArtifact.Put(k, version, step.Lengths))];
        bool done = await AttemptAsync(async () =>
        {
            if (puts.Length == 1)
            {
                await store.PutAsync(puts[0].Key, puts[0].Outcome, puts[0].Payloads);
            }
            else
            {
                await store.PutManyAsync(puts);
            }
        });
        // A pending artifact is safe from a kill only once its file was copied.
        if (done && (step.Action != CrashAction.PutPending || scenario.Durability == Durability.OnCommit))
        {
            Model.Acknowledge(step.Keys, scenario.Durability == Durability.OnCommit);
        }
    }

    private ArtifactPut PendingOf(int key, int version, int[] lengths)
    {
        List<ArtifactPayload> payloads = [];
        for (int i = 0; i < lengths.Length; i++)
        {
            string path = (_files ??= new TempStore()).PathOf($"{key}.{version}.{i}");
            File.WriteAllBytes(path, SampleArtifact.Payload(key, version, i, lengths[i]));
            payloads.Add(ArtifactPayload.FromPendingFile($"out/{i}", path));
        }

        return new ArtifactPut
        {
            Key = SampleArtifact.Key(key),
            Outcome = SampleArtifact.Outcome(version, lengths.Length),
            Payloads = payloads,
        };
    }

    private async Task RemoveAsync(ArtifactStore store, int key)
    {
        Model.Start(key, CrashModel.Absent);
        if (await AttemptAsync(async () => await store.RemoveAsync(SampleArtifact.Key(key))))
        {
            Model.Acknowledge([key], scenario.Durability == Durability.OnCommit);
        }
    }

    private async Task FlushAsync(ArtifactStore store)
    {
        if (await AttemptAsync(async () => await store.FlushAsync()))
        {
            AcknowledgePending();
            Model.Flushed();
        }
    }

    /// <summary>A flush waits for pending artifacts. Where operations may fail, one that was lost is not told from one
    /// that is there.</summary>
    private void AcknowledgePending()
    {
        if (!AllowsFailures)
        {
            Model.Acknowledge(scenario.Steps.Where(static s => s.Action == CrashAction.PutPending)
                .SelectMany(static s => s.Keys).Distinct().Where(k =>
                    Model.Expect(false).Allowed.ContainsKey(k)), isDurable: true);
        }
    }

    private void Read(ArtifactStore store)
    {
        foreach ((int key, int[] allowed) in Model.Expect(isPowerCut: false).Allowed)
        {
            int found = SampleArtifact.VersionOf(store, key);
            if (!allowed.Contains(found) && !(AllowsFailures && found == CrashModel.Absent))
            {
                throw new InvalidDataException($"key {key}: found {found}, right are {string.Join(',', allowed)}");
            }
        }
    }

    private async Task<ArtifactStore?> TryOpenAsync()
    {
        ArtifactStore? store = null;
        await AttemptAsync(() => store = ArtifactStore.OpenOver(wrap(Disk), scenario.Options));
        return store;
    }

    private async Task CloseAsync(ArtifactStore? store)
    {
        if (store is not null && await AttemptAsync(store.Dispose) && store.Engine.Writer!.Poison is null)
        {
            AcknowledgePending();
            Model.Flushed();
        }
    }

    private Task<bool> AttemptAsync(Action operation) => AttemptAsync(() =>
    {
        operation();
        return Task.CompletedTask;
    });

    private async Task<bool> AttemptAsync(Func<Task> operation)
    {
        if (!AllowsFailures)
        {
            await operation();
            return true;
        }

        try
        {
            await operation();
            return true;
        }
        catch (Exception e) when (e is IOException)
        {
            return false;
        }
        catch (Exception e)
        {
            Untyped.Add(e.ToString());
            return false;
        }
    }
}
