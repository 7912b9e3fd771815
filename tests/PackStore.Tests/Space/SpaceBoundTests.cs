using PackStore.TestKit;
using PackStore.Tests.Engine;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Space;

/// <summary>The disk holds at most a quarter more than what lives, one segment and a mebibyte: at every instant, from
/// the first put on, also while segments are rewritten. <c>PACKSTORE_CHURN=long</c> churns more than a
/// gigabyte.</summary>
public sealed class SpaceBoundTests(ITestOutputHelper output)
{
    private const int Turns = 20;

    private static bool IsLong => Environment.GetEnvironmentVariable("PACKSTORE_CHURN") == "long";

    [Theory]
    [InlineData(256 << 10, 1 << 20, 1500, "uniform")]
    [InlineData(512 << 10, 2 << 20, 4000, "zipf")]
    [InlineData(4 << 20, 512 << 10, 700, "uniform")]
    [InlineData(1 << 20, 4 << 20, 30_000, "loose")]
    public async Task A_churn_of_twenty_times_the_cap_stays_within_the_bound(
        long segmentBytes, long cap, int length, string kind)
    {
        cap *= IsLong ? 16 : 1;
        using MemoryDirectory disk = new();
        BoundWatch watch = new(disk, segmentBytes);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = segmentBytes,
            MaxBytes = cap,
            LooseThresholdBytes = kind == "loose" ? 16 << 10 : 4 << 20,
            TimeProvider = new ManualClock(),
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(watch, options);
        watch.Store = store;
        Random random = new(7);
        int keys = (int)(2 * cap / length);
        int puts = 0;
        for (long written = 0; written < cap * Turns;)
        {
            int key = kind == "zipf" ? (int)(keys * Math.Pow(random.NextDouble(), 4)) : random.Next(keys);
            int size = random.Next(length / 2, length * 3 / 2);
            await Sample.OfLength(size, key).PutAsync(store, Sample.Key(key));
            written += size;
            if (++puts % 256 == 0)
            {
                await store.FlushAsync();
            }
        }

        output.WriteLine(
            $"{kind}: {watch.Samples} samples, worst {watch.Worst:F3} of the bound, "
            + $"written {watch.WrittenBytes / (double)(cap * Turns):F2} times");
        Assert.True(watch.Worst <= 1, watch.Describe());
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    [Fact]
    public async Task Overwriting_without_a_cap_stays_within_the_bound()
    {
        using MemoryDirectory disk = new();
        BoundWatch watch = new(disk, 256 << 10);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 256 << 10,
            TimeProvider = new ManualClock(),
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(watch, options);
        watch.Store = store;
        Random random = new(3);
        for (int i = 0; i < 15_000; i++)
        {
            int key = i < 1500 ? i : random.Next(1500);
            await Sample.OfLength(800, key).PutAsync(store, Sample.Key(key));
        }

        output.WriteLine($"{watch.Samples} samples, worst {watch.Worst:F3} of the bound");
        Assert.True(watch.Worst <= 1, watch.Describe());
        Assert.All(Enumerable.Range(0, 1500), i => Sample.OfLength(800, i).AssertIn(store, Sample.Key(i)));
    }

    /// <summary>Loose files were counted by their lengths: those that take a seventh more on the disk went beyond the
    /// bound, as did the long churn of loose files.</summary>
    [Fact]
    public async Task Loose_files_that_take_nearly_a_block_more_than_their_length_stay_within_the_bound()
    {
        const long Cap = 16 << 20;
        const int Length = (7 * 4096) + 28;
        using MemoryDirectory disk = new();
        BoundWatch watch = new(disk, 256 << 10);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 256 << 10,
            MaxBytes = Cap,
            LooseThresholdBytes = 16 << 10,
            TimeProvider = new ManualClock(),
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(watch, options);
        watch.Store = store;
        for (int i = 0; i < Cap * 3 / 2 / Length; i++)
        {
            await Sample.OfLength(Length, i).PutAsync(store, Sample.Key(i));
        }

        output.WriteLine($"{watch.Samples} samples, worst {watch.Worst:F3} of the bound");
        Assert.True(watch.Worst <= 1, watch.Describe());
    }

    [Fact]
    public async Task Maintenance_evicts_in_steps_and_the_disk_follows()
    {
        using MemoryDirectory disk = new();
        BoundWatch watch = new(disk, 256 << 10);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 256 << 10,
            MaxBytes = 8 << 20,
            HighWatermark = 0.5,
            LowWatermark = 0.2,
            TimeProvider = new ManualClock(),
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(watch, options);
        await using MaintenanceLoop loop = new(
            store, new MaintenanceOptions { VerifyInterval = Timeout.InfiniteTimeSpan });
        watch.Store = store;
        for (int i = 0; i < 6000; i++)
        {
            await Sample.OfLength(800, i).PutAsync(store, Sample.Key(i));
        }

        MaintenanceReport report = await loop.RunOnceAsync();
        Assert.Empty(report.Failures);
        Assert.True(report.Eviction!.IsTargetMet);
        Assert.InRange(store.GetStats().LiveBytes, 0, (8 << 20) * 0.2);
        Assert.True(watch.Worst <= 1, watch.Describe());
    }
}
