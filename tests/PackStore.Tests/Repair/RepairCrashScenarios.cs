using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Repair;
using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;

namespace PackStore.Tests.Repair;

/// <summary>
/// A repair that is stopped at any moment: what was sound before it is sound after it, and the next one finishes. The
/// damage hits artifacts that the model then allows to be gone; all others have to stay. And segments without their
/// headers, which cost nothing whatever is done with them, stopped at any moment.
/// </summary>
internal sealed class RepairCrashScenarios : CrashScenarioSet
{
    private static readonly CrashStep s_compact =
        CrashStep.Do(static (store, _) => store.CompactAsync(new CompactionOptions { DeadRatio = 0 }));

    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        yield return new("repair", Durability.OnFlush,
            CrashStep.PutMany([1, 2, 3], 300), CrashStep.Flush, CrashStep.Put(4, 200),
            CrashStep.DoOffline((disk, model) => DamageAndRepairAsync(disk, model, 2)), CrashStep.Read,
            CrashStep.Put(2, 100), CrashStep.Flush);
        yield return new("repair of rolled segments", Durability.OnCommit,
            CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
            CrashStep.Put(5, 3500), CrashStep.Remove(1), CrashStep.Snapshot,
            CrashStep.DoOffline((disk, model) => DamageAndRepairAsync(disk, model, 3)), CrashStep.Read);
        yield return new("repair of a lost loose file", Durability.OnFlush,
            CrashStep.Put(1, 5000), CrashStep.Put(2, 100), CrashStep.Flush,
            CrashStep.DoOffline((disk, model) => LoseLooseAndRepairAsync(disk, model, 1)), CrashStep.Read);
        yield return new("damaged headers", Durability.OnFlush,
            [.. DamageHeaders(), CrashStep.Put(2, 3500), CrashStep.Flush, CrashStep.Remove(3), CrashStep.Kill,
                CrashStep.Put(6, 3500), CrashStep.Snapshot, CrashStep.Read]);
        yield return new("damaged headers, compacted", Durability.OnFlush,
            [.. DamageHeaders(), CrashStep.Put(2, 3500), s_compact, CrashStep.Read, CrashStep.Put(6, 200)]);
        yield return new("damaged headers, repaired", Durability.OnFlush,
            [.. DamageHeaders(), CrashStep.DoOffline((disk, _) => RepairAsync(disk)), CrashStep.Read]);
    }

    /// <summary>Sealed segments with an overwrite and a removal that lose their headers, and nothing with
    /// them.</summary>
    private static CrashStep[] DamageHeaders() =>
    [
        CrashStep.Put(1, 3500), CrashStep.Put(2, 3500), CrashStep.Put(3, 3500), CrashStep.Put(4, 3500),
        CrashStep.Remove(1), CrashStep.Put(3, 3400), CrashStep.Put(5, 3500), CrashStep.Put(4, 3400),
        CrashStep.Put(5, 3400), CrashStep.Put(6, 3400), CrashStep.Flush, CrashStep.Checkpoint, CrashStep.Checkpoint,
        CrashStep.DoOffline((disk, _) => DamageHeadersAsync(Unseen(disk))), CrashStep.Read,
    ];

    /// <summary>Of segments that both checkpoints vouch for: any other header may be one that was never
    /// durable.</summary>
    private static Task DamageHeadersAsync(IStoreDirectory disk)
    {
        if (IdentityStore.TryRead(disk, forWriting: false) is not { StoreId: Guid store })
        {
            return Task.CompletedTask;
        }

        string[] names = [StoreFileNames.Checkpoint, StoreFileNames.CheckpointOld];
        HashSet<int>[] durable =
        [
            .. names.Select(n => CheckpointStore.TryReadOne(disk, n, store, []))
                .Select(static c => c?.Segments.Where(static s => s is { IsSealed: true, DurableEnd: > 0 }) ?? [])
                .Select(static s => s.Select(static s => s.SegmentId).ToHashSet()),
        ];
        foreach (int id in durable[0].Intersect(durable[1]))
        {
            using IStoreFile file = disk.TryOpen(StoreFileNames.Segment(id), writable: true)!;
            file.Write(64, new byte[64]);
            file.Sync();
        }

        return Task.CompletedTask;
    }

    private static async Task DamageAndRepairAsync(IStoreDirectory disk, CrashModel model, int key)
    {
        model.Start(key, CrashModel.Absent);
        Zero(Unseen(disk), key);
        model.Acknowledge([key], isDurable: false);
        await RepairAsync(disk);
    }

    private static async Task LoseLooseAndRepairAsync(IStoreDirectory disk, CrashModel model, int key)
    {
        model.Start(key, CrashModel.Absent);
        IStoreDirectory unseen = Unseen(disk);
        foreach (StoreEntry folder in unseen.List("loose").ToArray())
        {
            foreach (StoreEntry file in unseen.List($"loose/{folder.Name}").ToArray())
            {
                unseen.Delete($"loose/{folder.Name}/{file.Name}");
            }

            unseen.SyncDirectory($"loose/{folder.Name}");
        }

        model.Acknowledge([key], isDurable: false);
        await RepairAsync(disk);
    }

    /// <summary>The disk itself: the damage comes from outside, at once and for good.</summary>
    private static IStoreDirectory Unseen(IStoreDirectory disk) =>
        disk is ObservedDirectory observed ? Unseen(observed.Inner) : disk;

    private static Task RepairAsync(IStoreDirectory disk)
    {
        StoreRepairer.Run(() => disk, new RepairOptions { TimeProvider = StillClock.Instance }, null, default);
        return Task.CompletedTask;
    }

    /// <summary>Zeroes a line of the key's payload, wherever that is.</summary>
    private static void Zero(IStoreDirectory disk, int key)
    {
        byte[] wanted = SampleArtifact.Payload(key, 1, 0, 16)[..4];
        foreach (StoreEntry entry in disk.List("segments").ToArray())
        {
            using IStoreFile file = disk.TryOpen($"segments/{entry.Name}", writable: true)!;
            byte[] bytes = new byte[file.Stat().Length];
            file.Read(0, bytes);
            for (int at = 256; at + 64 <= bytes.Length; at += 64)
            {
                // A payload begins with its key's number and a version that is small; a record with its magic.
                if (bytes.AsSpan(at, 4).SequenceEqual(wanted) && BitConverter.ToInt32(bytes, at + 4) < 100)
                {
                    file.Write(at + 16, new byte[32]);
                }
            }

            file.Sync();
        }
    }
}
