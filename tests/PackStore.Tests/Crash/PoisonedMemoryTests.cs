using PackStore.Engine;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Crash;

/// <summary>Memory given back becomes inaccessible: a touch after release would end this process.</summary>
public class PoisonedMemoryTests
{
    // Buckets, recency, overflow buckets, their recency.
    private const int TablesOfAnIndex = 4;

    [Fact]
    public async Task Segments_loose_files_and_index_cannot_be_read_any_more_after_a_close()
    {
        using PoisonLedger ledger = new();
        MemoryDirectory disk = new() { Ledger = ledger };
        PackStoreOptions options = new() { SegmentSizeBytes = 16 << 10, LooseThresholdBytes = 4096 };
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
        {
            await store.PutManyAsync([SampleArtifact.Put(1, 1, 300, 6000)]);
            Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
            Assert.Equal(0, ledger.ReleaseCount);
        }

        Assert.True(SpinWait.SpinUntil(() => EpochGate.Waiting == 0, TimeSpan.FromSeconds(30)));
        // The segment, the loose file, the tables.
        Assert.Equal(2 + TablesOfAnIndex, ledger.ReleaseCount);
        Assert.False(ledger.IsAnyReadable());
    }

    [Fact]
    public async Task All_regions_are_released_once_and_none_is_touched_later()
    {
        PoisonLedger ledger = new();
        MemoryDirectory disk = new() { Ledger = ledger };
        PackStoreOptions options = new() { SegmentSizeBytes = 16 << 10, LooseThresholdBytes = 4096 };
        for (int round = 1; round <= 5; round++)
        {
            int before = ledger.ReleaseCount;
            using (ArtifactStore store = ArtifactStore.OpenOver(disk, options))
            {
                for (int key = 0; key < 20; key++)
                {
                    await store.PutManyAsync([SampleArtifact.Put(key, round, 300 + key, key % 5 == 0 ? 6000 : 900)]);
                    Assert.Equal(round, SampleArtifact.VersionOf(store, key));
                }

                await store.RemoveAsync(SampleArtifact.Key(round));
                await store.FlushAsync();
                using ArtifactStore reader = ArtifactStore.AttachOver(disk, options);
                Assert.Equal(round, SampleArtifact.VersionOf(reader, 19));
            }

            Assert.True(SpinWait.SpinUntil(() => EpochGate.Waiting == 0, TimeSpan.FromSeconds(30)));
            Assert.True(ledger.ReleaseCount > before, "nothing was released");
        }
    }
}
