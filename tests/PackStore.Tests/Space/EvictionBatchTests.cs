using PackStore.TestKit;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>Victims go in batches, and what is counted of them in sums: also when some of a batch stay, and when it
/// breaks off in the midst.</summary>
public sealed class EvictionBatchTests : IDisposable
{
    private const int Eio = 5;
    private const int Enospc = 28;
    private const int Count = 900;
    private const int LooseEach = 100;
    private readonly ManualClock _clock = new();
    private readonly MemoryDirectory _disk = new();
    private readonly PackStoreOptions _options;

    public EvictionBatchTests() => _options = new PackStoreOptions
    {
        TimeProvider = _clock,
        LooseThresholdBytes = 4 << 10,
        SegmentSizeBytes = 256 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task What_was_used_replaced_or_removed_after_it_was_chosen_stays_as_it_is()
    {
        using ArtifactStore store = ArtifactStore.OpenOver(_disk, _options);
        await FillAsync(store);
        _clock.Advance(TimeSpan.FromHours(1));
        int told = 0;
        EvictionReport report = await store.EvictAsync(new EvictionOptions
        {
            MaxBytes = 0,
            OnVictim = _ =>
            {
                if (told++ == 0)
                {
                    ChangeSome(store);
                }
            },
        });

        Assert.Equal(Count, told);
        Assert.Equal(Count - (3 * Count / 10), report.Artifacts);
        Assert.False(report.IsTargetMet);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i % 10 is 1 or 2, store.Contains(Sample.Key(i)));
        }

        Sample.OfLength(700, seed: Count + 2).AssertIn(store, Sample.Key(2));
        SpaceAssert.CountsAreThoseOfTheData(store);
        Assert.Equal(Count / 5, store.GetStats().Artifacts);
        AssertReopensRight(store);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task A_batch_that_fails_at_a_tombstone_leaves_counts_that_are_those_of_the_data(int at)
    {
        FaultingDirectory faulting = new(_disk);
        using ArtifactStore store = ArtifactStore.OpenOver(faulting, _options);
        await FillAsync(store);
        await store.FlushAsync();
        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
        FaultPlan plan = FailingWrites(Eio, at);
        faulting.Plan = plan;
        await Assert.ThrowsAsync<IOException>(() => store.EvictAsync(new EvictionOptions { MaxBytes = 0 }));
        faulting.Plan = null;
        Assert.True(plan.HasStruck);
        Assert.InRange(store.GetStats().Artifacts, 1, Count - 1);
        SpaceAssert.CountsAreThoseOfTheData(store);
        AssertReopensRight(store);
    }

    [Fact]
    public async Task Where_there_is_no_room_for_tombstones_the_others_go_all_the_same()
    {
        FaultingDirectory faulting = new(_disk);
        using ArtifactStore store = ArtifactStore.OpenOver(faulting, _options);
        await FillAsync(store);
        faulting.Plan = FailingWrites(Enospc, 1);
        EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxBytes = 0 });
        faulting.Plan = null;
        Assert.Equal(Count - (Count / LooseEach), report.Artifacts);
        Assert.False(report.IsTargetMet);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i % LooseEach == 0, store.Contains(Sample.Key(i)));
        }

        SpaceAssert.CountsAreThoseOfTheData(store);
        AssertReopensRight(store);
    }

    private static FaultPlan FailingWrites(int errno, int at) => new()
    {
        Errno = errno,
        At = at,
        IsLasting = true,
        Matches = static (operation, name) => operation is StoreOperation.Write or StoreOperation.Create
            && name.StartsWith("segments/", StringComparison.Ordinal),
    };

    /// <summary>Every hundredth has a loose file: several in the same batch as many without.</summary>
    private static async Task FillAsync(ArtifactStore store)
    {
        for (int i = 0; i < Count; i++)
        {
            await Sample.OfLength(i % LooseEach == 0 ? 6 << 10 : 700, seed: i).PutAsync(store, Sample.Key(i));
        }
    }

    private static void ChangeSome(ArtifactStore store)
    {
        for (int i = 0; i < Count; i += 10)
        {
            store.EnsurePayloads(Sample.Key(i + 1)).Dispose();
            Sample.OfLength(700, seed: Count + i + 2).PutAsync(store, Sample.Key(i + 2)).AsTask().Wait();
            store.RemoveAsync(Sample.Key(i + 3)).AsTask().Wait();
        }
    }

    private void AssertReopensRight(ArtifactStore store)
    {
        StoreStats before = store.GetStats();
        store.Dispose();
        using ArtifactStore again = ArtifactStore.OpenOver(_disk, _options);
        SpaceAssert.CountsAreThoseOfTheData(again);
        Assert.Equal(before.Artifacts, again.GetStats().Artifacts);
        Assert.Equal(before.LiveBytes, again.GetStats().LiveBytes);
    }
}
