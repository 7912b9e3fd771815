using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>What was removed, superseded or evicted never comes back because something was left out of a copy, not even
/// to one who has to make the index anew.</summary>
public sealed class TombstoneTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 16 << 10,
        LooseThresholdBytes = 8 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    [Fact]
    public async Task A_tombstone_stays_while_a_segment_that_is_not_rewritten_has_an_older_version()
    {
        MemoryDirectory disk = new();
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, s_options))
        {
            // Segment 1 keeps most of what is in it, and with it the removed artifact; the tombstone's own segment is
            // rewritten.
            await PutAsync(store, 1, 2, 3, 4, 5);
            await store.RemoveAsync(SampleArtifact.Key(1));
            await PutAsync(store, 6, 7, 8, 9);
            await store.RemoveAsync(SampleArtifact.Key(5));
            await store.RemoveAsync(SampleArtifact.Key(6));
            await PutAsync(store, 10, 11, 12);

            CompactionReport report = await store.CompactAsync(new CompactionOptions { DeadRatio = 0.4 });

            Assert.Equal(1, report.RemovedSegments);
            Assert.Equal(1, report.KeptTombstones);
        }

        LoseIndex(disk);
        using ArtifactStore rebuilt = ArtifactStore.OpenOver(disk, s_options);
        foreach (int key in new[] { 1, 5, 6 })
        {
            Assert.Equal(0, SampleArtifact.VersionOf(rebuilt, key));
        }

        foreach (int key in new[] { 2, 3, 4, 7, 8, 9, 10, 11, 12 })
        {
            Assert.Equal(1, SampleArtifact.VersionOf(rebuilt, key));
        }
    }

    [Fact]
    public async Task A_tombstone_goes_once_nothing_older_is_left()
    {
        using ArtifactStore store = ArtifactStore.OpenOver(new MemoryDirectory(), s_options);
        await PutAsync(store, 1, 2, 3, 4, 5, 6);
        await store.RemoveAsync(SampleArtifact.Key(1));
        await store.RemoveAsync(SampleArtifact.Key(6));
        await PutAsync(store, 7, 8, 9);
        // Both segments are rewritten. Until both files are gone for good, the first artifact might be found again.
        CompactionReport first = await store.CompactAsync(new CompactionOptions { DeadRatio = 0 });
        Assert.Equal((1, 1), (first.KeptTombstones, first.DroppedTombstones));

        await store.RemoveAsync(SampleArtifact.Key(2));
        await store.RemoveAsync(SampleArtifact.Key(3));
        await store.RemoveAsync(SampleArtifact.Key(5));
        CompactionReport second = await store.CompactAsync(new CompactionOptions { DeadRatio = 0 });
        Assert.InRange(second.DroppedTombstones, 1, 4);

        Assert.Equal(0, SampleArtifact.VersionOf(store, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Whatever_is_rewritten_in_whatever_order_the_newest_state_is_what_a_rebuild_finds(int seed)
    {
        Random random = new(seed);
        MemoryDirectory disk = new();
        Dictionary<int, int> model = [];
        for (int round = 0; round < 6; round++)
        {
            using (ArtifactStore store = ArtifactStore.OpenOver(disk, s_options))
            {
                for (int i = 0; i < 60; i++)
                {
                    await StepAsync(store, model, random, (round * 1000) + i + 1);
                }
            }

            if (random.Next(2) == 0)
            {
                LoseIndex(disk);
            }

            using ArtifactStore again = ArtifactStore.OpenOver(disk, s_options);
            foreach ((int key, int version) in model)
            {
                int found = SampleArtifact.VersionOf(again, key);
                Assert.True(found == version, $"seed {seed}, round {round}: key {key} is {found}, not {version}");
            }
        }
    }

    [Fact]
    public async Task What_was_taken_out_of_the_index_alone_hides_older_versions_after_its_segment_is_gone()
    {
        // An eviction leaves no record. Its artifact was the newest; an older version lies in another segment.
        MemoryDirectory disk = new();
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, s_options))
        {
            await PutAsync(store, 1, 2, 3, 4);
            await store.PutManyAsync([SampleArtifact.Put(1, 2, 3500)]);
            await PutAsync(store, 5, 6, 7, 8, 9, 10);
            await store.RemoveAsync(SampleArtifact.Key(5));
            Evict(store, SampleArtifact.Key(1));
            Assert.Equal(0, SampleArtifact.VersionOf(store, 1));

            CompactionReport report = await store.CompactAsync(new CompactionOptions { DeadRatio = 0.4 });
            Assert.True(report.RemovedSegments > 0);
        }

        LoseIndex(disk);
        using ArtifactStore rebuilt = ArtifactStore.OpenOver(disk, s_options);
        Assert.NotEqual(1, SampleArtifact.VersionOf(rebuilt, 1));
        Assert.Equal(1, SampleArtifact.VersionOf(rebuilt, 2));
    }

    private static void Evict(ArtifactStore store, ArtifactKey key)
    {
        PackStore.Engine.StoreCore core = store.Engine.Core;
        lock (core.WriteLock)
        {
            Assert.True(PackStore.Engine.Opening.IndexMerger.TryFindKey(
                core, core.State, key, core.HashOf(key), out PackStore.Index.IndexProbe probe, out _));
            Assert.True(core.State.Table.TryRemove(ref probe));
            core.Accounting.IsExact = false;
        }
    }

    private static async Task StepAsync(ArtifactStore store, Dictionary<int, int> model, Random random, int version)
    {
        int key = random.Next(1, 25);
        switch (random.Next(12))
        {
            case 0:
                await store.CompactAsync(new CompactionOptions { DeadRatio = random.NextDouble() });
                break;
            case 1:
                store.Compactor.TryReclaim(random.Next(1, 20_000), CancellationToken.None);
                break;
            case < 4:
                await store.RemoveAsync(SampleArtifact.Key(key));
                model[key] = 0;
                break;
            default:
                await store.PutManyAsync([SampleArtifact.Put(key, version, random.Next(100, 3000))]);
                model[key] = version;
                break;
        }
    }

    private static async Task PutAsync(ArtifactStore store, params int[] keys)
    {
        foreach (int key in keys)
        {
            await store.PutManyAsync([SampleArtifact.Put(key, 1, 3500)]);
        }
    }

    private static void LoseIndex(MemoryDirectory disk)
    {
        foreach (StoreEntry entry in disk.List("index"))
        {
            disk.Delete($"index/{entry.Name}");
        }
    }
}
