using PackStore.TestKit;
using PackStore.Tests.Engine;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Space;

/// <summary>A small disk filled to the brim with default options: what is refused, what goes on, and how it gets
/// better. The kernel's own full disks are in <c>Kernel/FullDiskTests</c>.</summary>
public sealed class FullStoreTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(8 << 20, 2500)]
    [InlineData(8 << 20, 40_000)]
    [InlineData(24 << 20, 20_000)]
    public async Task A_full_disk_refuses_puts_and_removal_and_compaction_make_room_again(long diskBytes, int length)
    {
        using MemoryDirectory disk = new() { CapacityBytes = diskBytes };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options());
        int put = await FillAsync(store, length);
        long used = disk.CapacityBytes - disk.AvailableBytes();
        output.WriteLine($"{put} artifacts, {used} of {diskBytes} bytes used");
        Assert.InRange(used, diskBytes * 7 / 10, diskBytes);
        for (int i = 0; i < put; i++)
        {
            Sample.OfLength(length, i).AssertIn(store, Sample.Key(i));
        }

        // Removals need space themselves. Every second one, so that no segment comes free by itself.
        for (int i = 0; i < put; i += 2)
        {
            Assert.True(await store.RemoveAsync(Sample.Key(i)));
        }

        // Some came back on the way, when the removals ran short themselves.
        await store.CompactAsync();
        Assert.InRange(disk.AvailableBytes(), diskBytes / 4, diskBytes);
        int more = await FillAsync(store, length, from: put);
        Assert.InRange(more - put, put / 4, put);
        for (int i = 1; i < put; i += 2)
        {
            Sample.OfLength(length, i).AssertIn(store, Sample.Key(i));
        }

        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    [Fact]
    public async Task Overwriting_on_a_full_disk_goes_on_without_a_compaction_that_anybody_asks_for()
    {
        using MemoryDirectory disk = new() { CapacityBytes = 8 << 20 };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options());
        // Less than the disk holds, over and over.
        for (int i = 0; i < 6000; i++)
        {
            await Sample.OfLength(2500, i).PutAsync(store, Sample.Key(i % 1500));
        }

        Assert.Equal(1500, store.GetStats().Artifacts);
    }

    /// <summary>Room was made in an exception filter: those run before the locks of the frames below are given back, so
    /// that a put held the write lock while it waited for whoever makes room, who waits for the write lock.</summary>
    [Fact]
    public async Task A_put_that_finds_the_disk_full_has_segments_rewritten_with_no_lock_held()
    {
        using MemoryDirectory disk = new() { CapacityBytes = 8 << 20 };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options());
        Func<long, CancellationToken, long> reclaim = store.Engine.Bound.Reclaim!;
        int rewrites = 0;
        store.Engine.Bound.Reclaim = (bytes, token) =>
        {
            rewrites++;
            Assert.False(store.Engine.Core.WriteLock.IsHeldByCurrentThread);
            return reclaim(bytes, token);
        };
        for (int i = 0; i < 3000; i++)
        {
            await Sample.OfLength(2500, i).PutAsync(store, Sample.Key(i % 1500));
        }

        Assert.True(rewrites > 0);
    }

    [Fact]
    public async Task Many_at_once_and_large_ones_find_room_where_what_is_there_is_dead()
    {
        using MemoryDirectory disk = new() { CapacityBytes = 8 << 20 };
        PackStoreOptions options = new()
        {
            TimeProvider = new ManualClock(),
            FlushInterval = Timeout.InfiniteTimeSpan,
            LooseThresholdBytes = 64 << 10,
        };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, options);
        // About 3 MiB live, and twenty times that put: in batches, and as files of their own.
        for (int i = 0; i < 300; i++)
        {
            await store.PutManyAsync(
            [
                .. Enumerable.Range(0, 16).Select(k => new ArtifactPut
                {
                    Key = Sample.Key((i * 16 + k) % 400),
                    Payloads = [ArtifactPayload.FromBytes("o", new byte[3000 + i])],
                }),
            ]);
            await Sample.OfLength(150_000 + i, i).PutAsync(store, Sample.Key(1000 + (i % 12)));
        }

        Assert.Equal(412, store.GetStats().Artifacts);
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    [Fact]
    public async Task Free_space_that_must_stay_stays()
    {
        const long MinFree = 2 << 20;
        using MemoryDirectory disk = new() { CapacityBytes = 8 << 20 };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options(MinFree));
        int put = await FillAsync(store, 2000);
        Assert.InRange(disk.AvailableBytes(), MinFree, MinFree + (1 << 20));
        Assert.InRange(put, 1000, 4000);
        Assert.Equal(0, store.Engine.Admission.Charged);
    }

    [Fact]
    public async Task With_eviction_the_oldest_make_room_for_the_newest_below_the_free_space()
    {
        const long MinFree = 2 << 20;
        using MemoryDirectory disk = new() { CapacityBytes = 8 << 20 };
        using ArtifactStore store = ArtifactStore.OpenOver(disk, Options(MinFree, evictWhenFull: true));
        for (int i = 0; i < 4000; i++)
        {
            await Sample.OfLength(3000, i).PutAsync(store, Sample.Key(i));
        }

        Assert.InRange(disk.AvailableBytes(), MinFree, 8 << 20);
        Assert.True(store.Contains(Sample.Key(3999)));
        Assert.False(store.Contains(Sample.Key(0)));
        Assert.InRange(store.GetStats().Artifacts, 500, 2000);
    }

    private static async Task<int> FillAsync(ArtifactStore store, int length, int from = 0)
    {
        int number = from;
        await Assert.ThrowsAsync<StoreFullException>(async () =>
        {
            for (; number < from + 100_000; number++)
            {
                await Sample.OfLength(length, number).PutAsync(store, Sample.Key(number));
            }
        });
        return number;
    }

    private static PackStoreOptions Options(long minFree = 0, bool evictWhenFull = false) => new()
    {
        TimeProvider = new ManualClock(),
        FlushInterval = Timeout.InfiniteTimeSpan,
        MinFreeBytes = minFree,
        EvictWhenFull = evictWhenFull,
    };
}
