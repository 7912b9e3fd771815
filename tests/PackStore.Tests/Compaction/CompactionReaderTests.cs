using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>Processes that only read go on beside compactions: they find what was moved, and not what was
/// removed.</summary>
public sealed class CompactionReaderTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 16 << 10,
        LooseThresholdBytes = 8 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    private static readonly CompactionOptions s_all = new() { DeadRatio = 0 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_finds_everything_after_compactions_whether_it_had_looked_before_or_not(bool looksBefore)
    {
        MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await ChurnAsync(store, 1);
        using ArtifactStore reader = ArtifactStore.AttachOver(disk, s_options);
        for (int version = 2; version < 6; version++)
        {
            if (looksBefore)
            {
                AssertAll(reader, version - 1);
            }

            await ChurnAsync(store, version);
            await store.CompactAsync(s_all);
        }

        AssertAll(reader, 5);
        Assert.Equal(20, reader.GetStats().Artifacts);
    }

    [Fact]
    public async Task A_reader_does_not_serve_what_was_removed_though_the_tombstone_is_gone()
    {
        MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await ChurnAsync(store, 1);
        await store.FlushAsync();
        using ArtifactStore reader = ArtifactStore.AttachOver(disk, s_options);
        AssertAll(reader, 1);
        for (int key = 1; key <= 20; key += 2)
        {
            await store.RemoveAsync(SampleArtifact.Key(key));
        }

        long dropped = 0;
        for (int i = 0; i < 4; i++)
        {
            for (int key = 2; key <= 20; key += 2)
            {
                await store.PutManyAsync([SampleArtifact.Put(key, 2 + i, 1000)]);
            }

            dropped += (await store.CompactAsync(s_all)).DroppedTombstones;
        }

        Assert.Equal(10, dropped);
        for (int key = 1; key <= 20; key++)
        {
            Assert.Equal(key % 2 == 0 ? 5 : 0, SampleArtifact.VersionOf(reader, key));
        }
    }

    [Fact]
    public async Task A_lease_of_a_reader_outlives_the_file_it_came_from()
    {
        MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await ChurnAsync(store, 1);
        await ChurnAsync(store, 2);
        using ArtifactStore reader = ArtifactStore.AttachOver(disk, s_options);
        using PayloadOwner owner = Own(reader);
        byte[] before = owner[0].ToArray();

        await store.CompactAsync(s_all);
        AssertAll(reader, 2);

        Assert.Equal(before, owner[0].ToArray());

        static PayloadOwner Own(ArtifactStore reader)
        {
            using PayloadLease lease = reader.EnsurePayloads(SampleArtifact.Key(3));
            return lease.ToOwner();
        }
    }

    [Fact]
    public async Task Readers_and_writers_on_threads_see_every_acknowledged_version_during_compactions()
    {
        MemoryDirectory disk = new();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        await ChurnAsync(store, 1);
        using ArtifactStore reader = ArtifactStore.AttachOver(disk, s_options);
        int acknowledged = 1;
        int stop = 0;
        Task[] readers =
        [
            .. new[] { store, store, reader }.Select(s => Task.Run(() =>
            {
                while (Volatile.Read(ref stop) == 0)
                {
                    for (int key = 1; key <= 20; key++)
                    {
                        int least = Volatile.Read(ref acknowledged);
                        int found = SampleArtifact.VersionOf(s, key);
                        Assert.True(found >= least, $"key {key}: {found} after {least} was acknowledged");
                    }
                }
            })),
        ];
        try
        {
            for (int version = 2; version < 60; version++)
            {
                Task<CompactionReport> compaction = store.CompactAsync(s_all);
                await ChurnAsync(store, version);
                Volatile.Write(ref acknowledged, version);
                await compaction;
            }
        }
        finally
        {
            Volatile.Write(ref stop, 1);
            await Task.WhenAll(readers);
        }

        AssertAll(store, 59);
        AssertAll(reader, 59);
    }

    private static async Task ChurnAsync(ArtifactStore store, int version)
    {
        for (int key = 1; key <= 20; key++)
        {
            await store.PutManyAsync([SampleArtifact.Put(key, version, 500 + (40 * key))]);
        }
    }

    private static void AssertAll(ArtifactStore store, int version)
    {
        for (int key = 1; key <= 20; key++)
        {
            Assert.Equal(version, SampleArtifact.VersionOf(store, key));
        }
    }
}
