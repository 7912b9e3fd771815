using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>What a compaction does to a store that is open, and what it leaves on disk.</summary>
public sealed class CompactionTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 64 << 10,
        LooseThresholdBytes = 32 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    private static readonly CompactionOptions s_all = new() { DeadRatio = 0 };

    [Fact]
    public async Task What_is_dead_goes_and_what_is_live_stays()
    {
        using ScratchStore scratch = new();
        using (ArtifactStore store = scratch.Open(s_options))
        {
            await ChurnAsync(store, keys: 60, rounds: 10);
            StoreStats before = store.GetStats();

            CompactionReport report = await store.CompactAsync();

            StoreStats after = store.GetStats();
            Assert.True(report.FreedBytes > before.DeadBytes / 2, $"{report.FreedBytes} of {before.DeadBytes}");
            Assert.Equal(report.Before.SegmentBytes - report.FreedBytes, report.After.SegmentBytes);
            Assert.Equal(before.LiveBytes, after.LiveBytes);
            Assert.Equal(60, after.Artifacts);
            Assert.True(after.DiskBytes <= (1.25 * after.LiveBytes) + after.SegmentSizeBytes + (1 << 20));
            Assert.True(report.WriteAmplification is > 1 and < 3, $"{report.WriteAmplification}");
            AssertAll(store, 60, 10);
        }

        await AssertCleanAsync(scratch.Path);
        using ArtifactStore again = scratch.Open(s_options);
        Assert.True(again.Engine.Writer!.WasClean);
        AssertAll(again, 60, 10);
    }

    [Fact]
    public async Task A_second_compaction_finds_nothing_to_do()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await ChurnAsync(store, 60, 10);
        await store.CompactAsync();

        CompactionReport report = await store.CompactAsync();

        Assert.Equal((0, 0, 0L), (report.RemovedSegments, report.WrittenSegments, report.FreedBytes));
    }

    [Fact]
    public async Task A_plan_has_the_numbers_of_the_real_thing_and_changes_nothing()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await ChurnAsync(store, 60, 10);
        for (int key = 0; key < 10; key++)
        {
            await store.RemoveAsync(SampleArtifact.Key(key));
        }

        await store.FlushAsync();
        string[] files = scratch.Files();
        CompactionReport plan = await store.CompactAsync(new CompactionOptions { DryRun = true });
        Assert.Equal(files, scratch.Files());

        CompactionReport report = await store.CompactAsync();

        Assert.Equal(
            (report.FreedBytes, report.WrittenBytes, report.RemovedSegments, report.WrittenSegments),
            (plan.FreedBytes, plan.WrittenBytes, plan.RemovedSegments, plan.WrittenSegments));
        Assert.Equal(
            (report.RelocatedRecords, report.KeptTombstones, report.DroppedTombstones),
            (plan.RelocatedRecords, plan.KeptTombstones, plan.DroppedTombstones));
        Assert.Equal(report.After.SegmentBytes, plan.After.SegmentBytes);
        Assert.Equal(report.After.DeadBytes, plan.After.DeadBytes);
    }

    [Fact]
    public async Task Leases_and_owners_keep_their_bytes_and_the_disk_is_given_back()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await ChurnAsync(store, 20, 3);
        using PayloadOwner owner = Own(store, 5);
        byte[] before = owner[0].ToArray();

        Compact(store);

        Assert.Equal(before, owner[0].ToArray());
        AssertAll(store, 20, 3);

        static void Compact(ArtifactStore store)
        {
            using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(4));
            store.CompactAsync(s_all).GetAwaiter().GetResult();
            Assert.Equal(3, SampleArtifact.VersionOf(lease, 4));
        }

        static PayloadOwner Own(ArtifactStore store, int key)
        {
            using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(key));
            return lease.ToOwner();
        }
    }

    [Fact]
    public async Task The_hour_of_last_use_is_kept_and_survives_the_loss_of_the_index()
    {
        ManualClock clock = new();
        MemoryDirectory disk = new();
        PackStoreOptions options = OptionsWith(clock);
        DateTimeOffset[] used;
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
        {
            for (int key = 0; key < 20; key++)
            {
                await store.PutManyAsync([SampleArtifact.Put(key, 1, 5000), SampleArtifact.Put(key, 2, 5000)]);
                clock.Advance(TimeSpan.FromHours(1));
            }

            used = UsedAt(store);
            await store.CompactAsync(s_all);
            Assert.Equal(used, UsedAt(store));
        }

        foreach (StoreEntry entry in disk.List("index"))
        {
            disk.Delete($"index/{entry.Name}");
        }

        using ArtifactStore rebuilt = ArtifactStore.OpenOver(disk, options);
        Assert.Equal(used, UsedAt(rebuilt));

        static DateTimeOffset[] UsedAt(ArtifactStore store) =>
        [
            .. Enumerable.Range(0, 20).Select(key =>
                store.TryGetMetadata(SampleArtifact.Key(key), out ArtifactMetadata? found) ? found.LastUsed : default),
        ];
    }

    [Fact]
    public async Task Segment_numbers_are_never_given_twice()
    {
        // A snapshot from before would take records of the second segment for known.
        using ScratchStore scratch = new();
        HashSet<string> seen = [];
        for (int round = 0; round < 4; round++)
        {
            using (ArtifactStore store = scratch.Open(s_options))
            {
                await store.PutManyAsync([SampleArtifact.Put(1, 1, 20_000), SampleArtifact.Put(2, 1, 20_000)]);
                await store.RemoveAsync(SampleArtifact.Key(1));
                await store.RemoveAsync(SampleArtifact.Key(2));
                string[] before = Segments();
                seen.UnionWith(before);
                await store.CompactAsync(s_all);
                Assert.All(Segments().Except(before), name => Assert.DoesNotContain(name, seen));
                seen.UnionWith(Segments());
            }
        }

        string[] Segments() => [.. scratch.Files().Where(static f => f.EndsWith(".seg", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task A_job_that_was_stopped_leaves_only_a_file_that_the_next_one_sweeps()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await ChurnAsync(store, 20, 3);
        await File.WriteAllBytesAsync(scratch.Inside("segments/00000000deadbeef.tmp"), new byte[10_000]);
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CompactAsync(s_all, null, source.Token));

        await store.CompactAsync(s_all);

        Assert.DoesNotContain(scratch.Files(), static f => f.EndsWith(".tmp", StringComparison.Ordinal));
        AssertAll(store, 20, 3);
    }

    [Fact]
    public async Task Reclaiming_takes_the_segments_that_give_most_and_only_so_many()
    {
        MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await ChurnAsync(store, 60, 6);
        long before = store.GetStats().DiskBytes;
        int segments = store.GetStats().Segments;

        long gained = store.Compactor.TryReclaim(60 << 10, CancellationToken.None);

        Assert.InRange(gained, 60 << 10, 200 << 10);
        Assert.InRange(segments - store.GetStats().Segments, 1, 3);
        Assert.True(store.GetStats().DiskBytes < before);
        AssertAll(store, 60, 6);
        while (store.Compactor.TryReclaim(long.MaxValue, CancellationToken.None) > 0)
        {
        }

        AssertAll(store, 60, 6);
    }

    [Fact]
    public async Task A_read_only_store_is_not_compacted()
    {
        using ScratchStore scratch = new();
        scratch.Open(s_options).Dispose();
        using ArtifactStore reader = scratch.Attach(s_options);
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => reader.CompactAsync());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public async Task Options_out_of_range_are_refused(double ratio)
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => store.CompactAsync(new CompactionOptions { DeadRatio = ratio }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => store.CompactAsync(new CompactionOptions { MaxBytesPerSecond = 0 }));
    }

    private static PackStoreOptions OptionsWith(TimeProvider clock) => new()
    {
        SegmentSizeBytes = s_options.SegmentSizeBytes,
        LooseThresholdBytes = s_options.LooseThresholdBytes,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = clock,
    };

    private static async Task ChurnAsync(ArtifactStore store, int keys, int rounds)
    {
        for (int round = 1; round <= rounds; round++)
        {
            for (int key = 0; key < keys; key++)
            {
                await store.PutManyAsync([SampleArtifact.Put(key, round, 1000 + (37 * key))]);
            }
        }
    }

    private static void AssertAll(ArtifactStore store, int keys, int version)
    {
        for (int key = 0; key < keys; key++)
        {
            Assert.Equal(version, SampleArtifact.VersionOf(store, key));
        }
    }

    private static async Task AssertCleanAsync(string path)
    {
        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(path, null, null, CancellationToken.None);
        Assert.Empty(report.Damage);
        Assert.Empty(report.Notes);
    }
}
