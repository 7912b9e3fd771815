using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;

namespace PackStore.Tests.Compaction;

/// <summary>Compactions whose copies differ from their records: payloads that go into segments, out of them, or are
/// compressed; stopped at any moment, cancelled, and beside changes; then everything is looked up, and once more after
/// the index was lost.</summary>
internal sealed class RewriteCrashScenarios : CrashScenarioSet
{
    private static readonly CompactionOptions s_all = new() { DeadRatio = 0 };

    private static readonly CompactionOptions s_compress = new()
    {
        DeadRatio = 0,
        RecompressLevel = 1,
        RecompressUnusedFor = TimeSpan.Zero,
    };

    private static readonly CrashStep s_compact = CrashStep.Do(static (store, _) => store.CompactAsync(s_all));

    private static readonly CrashStep s_recompress = CrashStep.Do(static (store, _) => store.CompactAsync(s_compress));

    private static readonly CrashStep s_cancelled = CrashStep.Do(static async (store, _) =>
    {
        using CancellationTokenSource source = new();
        try
        {
            await store.CompactAsync(s_all, new Progress(source.Cancel), source.Token);
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

    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        yield return new("fold in", Durability.OnFlush,
            Adopt(1, 1500), Adopt(2, 1000), CrashStep.Put(3, 3500), CrashStep.Flush, CrashStep.Put(3, 3600),
            CrashStep.Flush, s_compact, CrashStep.Read, CrashStep.Put(1, 100), CrashStep.Remove(2), CrashStep.Flush,
            s_compact, s_dropIndex, CrashStep.Read);
        yield return new("fold in, at once", Durability.OnFlush,
            Adopt(1, 100), Adopt(3, 100), Adopt(4, 100), CrashStep.Put(2, 4000), CrashStep.Put(2, 20), CrashStep.Flush,
            s_compact);
        yield return new("fold in, killed", Durability.OnFlush,
            Adopt(1, 1500), Adopt(2, 1000), CrashStep.Put(3, 3500), CrashStep.Put(3, 3600), s_compact, CrashStep.Kill,
            s_compact, CrashStep.Read, CrashStep.Reopen, s_dropIndex, CrashStep.Read);
        yield return new("fold in, cancelled", Durability.None,
            Adopt(1, 1500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500), CrashStep.Put(5, 3500),
            CrashStep.Put(3, 3600), Adopt(2, 1500), CrashStep.Put(6, 3500), CrashStep.Put(6, 3600), CrashStep.Flush,
            s_cancelled, CrashStep.Kill, s_cancelled, CrashStep.Read, s_compact, CrashStep.Read);
        yield return new("fold out", Durability.OnFlush,
            CrashStep.Put(3, 3500), PutsOfLargerThreshold(), CrashStep.Put(3, 3600), CrashStep.Flush, s_compact,
            CrashStep.Read, CrashStep.Put(1, 5100), CrashStep.Remove(2), CrashStep.Flush, s_compact, s_dropIndex,
            CrashStep.Read);
        yield return new("fold out, without durability", Durability.None,
            CrashStep.Put(3, 3500), PutsOfLargerThreshold(), CrashStep.Put(3, 3600), s_compact, CrashStep.Read,
            CrashStep.Kill, s_compact, CrashStep.Read);
        yield return new("fold beside changes", Durability.OnFlush,
            PutsOfLargerThreshold(), Adopt(3, 1500), Adopt(4, 1500), Adopt(5, 1500), CrashStep.Put(6, 3500),
            CrashStep.Put(6, 3600), CrashStep.Flush, s_compactBesideChanges, CrashStep.Read, CrashStep.Flush,
            CrashStep.Read, s_dropIndex, CrashStep.Read, s_compact, s_dropIndex, CrashStep.Read);
        // A snapshot that was lost and written anew had the number of the one before. Where a power cut brought that
        // back, the counts were those of an index with what it had left out.
        yield return new("evict while compacting, lose the index", Durability.OnFlush,
            CrashStep.Put(1, 1500), CrashStep.Put(2, 100), CrashStep.Put(3, 1500), CrashStep.Put(4, 1500),
            CrashStep.Put(5, 500), CrashStep.Put(6, 3500), CrashStep.Put(6, 3600), CrashStep.Flush,
            s_compactBesideChanges, CrashStep.Read, CrashStep.Flush, CrashStep.Read, s_dropIndex, CrashStep.Read,
            s_compact, s_dropIndex, CrashStep.Read);
        yield return new("recompress", Durability.OnFlush,
            CrashStep.Put(501, 33_000, 100), CrashStep.Put(2, 33_000), CrashStep.Put(3, 500), CrashStep.Flush,
            s_recompress, CrashStep.Read, CrashStep.Put(501, 34_000), CrashStep.Remove(2), CrashStep.Snapshot,
            s_recompress, s_recompress, s_dropIndex, CrashStep.Read)
        {
            SegmentBytes = 128 << 10,
            LooseBytes = 64 << 10,
        };
    }

    // In the middle of the compaction: what it has copied and not published is removed, overwritten, and evicted.
    private static readonly CrashStep s_compactBesideChanges = CrashStep.Do(static async (store, model) =>
    {
        bool hasChanged = false;
        await store.CompactAsync(s_all, new Progress(() =>
        {
            if (!hasChanged)
            {
                hasChanged = true;
                Change(store, model);
            }
        }));
    });

    private static void Change(ArtifactStore store, CrashModel model)
    {
        int version = model.NextVersion();
        model.Start(3, version);
        ArtifactPut put = SampleArtifact.Put(3, version, 200);
        store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().GetAwaiter().GetResult();
        model.Acknowledge([3], isDurable: false);
        model.Start(4, CrashModel.Absent);
        store.RemoveAsync(SampleArtifact.Key(4)).AsTask().GetAwaiter().GetResult();
        model.Acknowledge([4], isDurable: false);
        store.EvictAsync(new EvictionOptions
        {
            MaxBytes = 2000,
            OnVictim = victim => model.Evict(SampleArtifact.NumberOf(victim.Key)),
        }).GetAwaiter().GetResult();
    }

    /// <summary>Puts a payload that is a loose file, and small.</summary>
    private static CrashStep Adopt(int key, int length) => CrashStep.Do(async (store, model) =>
    {
        int version = model.NextVersion();
        model.Start(key, version);
        using TempStore files = new();
        string path = files.PathOf("adopted");
        await File.WriteAllBytesAsync(path, SampleArtifact.Payload(key, version, 0, length));
        await store.PutAsync(
            SampleArtifact.Key(key), SampleArtifact.Outcome(version, 1),
            [ArtifactPayload.FromFile("out/0", path, FileAdoption.Copy)]);
        model.Acknowledge([key], isDurable: false);
    });

    /// <summary>Puts keys 1 and 2, with payloads in the segment that the next owner of the store would have in loose
    /// files.</summary>
    private static CrashStep PutsOfLargerThreshold() => CrashStep.DoOffline(static async (directory, model) =>
    {
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 16 << 10,
            LooseThresholdBytes = 64 << 10,
            FlushInterval = Timeout.InfiniteTimeSpan,
            TimeProvider = StillClock.Instance,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(directory, options);
        for (int key = 1; key <= 2; key++)
        {
            int version = model.NextVersion();
            model.Start(key, version);
            ArtifactPut put = SampleArtifact.Put(key, version, 4500, 100);
            await store.PutAsync(put.Key, put.Outcome, put.Payloads);
            model.Acknowledge([key], isDurable: false);
        }

        await store.FlushAsync();
        model.Flushed();
    });

    private sealed class Progress(Action reported) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => reported();
    }
}
