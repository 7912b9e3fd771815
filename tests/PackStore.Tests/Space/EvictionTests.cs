using PackStore.TestKit;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>Who goes when the store is too large, too old, or the disk too full, and what that leaves behind.</summary>
public sealed class EvictionTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly ManualClock _clock = new();
    private readonly PackStoreOptions _options;

    public EvictionTests() => _options = new PackStoreOptions
    {
        TimeProvider = _clock,
        LooseThresholdBytes = 64 << 10,
        SegmentSizeBytes = 256 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exactly_the_least_recently_used_go(bool reopened)
    {
        ArtifactStore store = _scratch.Open(_options);
        await FillAsync(store, 0, 600, 900);
        // In the order of their numbers read backwards, forty an hour.
        for (int i = 599; i >= 0; i--)
        {
            if (i % 40 == 39)
            {
                _clock.Advance(TimeSpan.FromHours(1));
            }

            store.EnsurePayloads(Sample.Key(i)).Dispose();
        }

        if (reopened)
        {
            store.Dispose();
            store = _scratch.Open(_options);
        }

        using (store)
        {
            StoreStats before = store.GetStats();
            long each = before.LiveBytes / 600;
            EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxBytes = each * 400 });

            Assert.Equal(200, report.Artifacts);
            Assert.Equal(200 * each, report.Bytes);
            Assert.True(report.IsTargetMet);
            Assert.Equal(each * 400, store.GetStats().LiveBytes);
            for (int i = 0; i < 600; i++)
            {
                Assert.Equal(i < 400, store.Contains(Sample.Key(i)));
            }

            SpaceAssert.CountsAreThoseOfTheData(store);
        }
    }

    [Fact]
    public async Task Within_the_last_hour_those_without_a_hit_go_first_in_the_order_of_their_places()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await FillAsync(store, 0, 100, 500);
        for (int i = 0; i < 100; i += 2)
        {
            store.EnsurePayloads(Sample.Key(i)).Dispose();
        }

        long each = store.GetStats().LiveBytes / 100;
        await store.EvictAsync(new EvictionOptions { MaxBytes = each * 75 });
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(i % 2 == 0 || i >= 50, store.Contains(Sample.Key(i))));
        await store.EvictAsync(new EvictionOptions { MaxBytes = each * 40 });
        Assert.All(
            Enumerable.Range(0, 100), i => Assert.Equal(i % 2 == 0 && i >= 20, store.Contains(Sample.Key(i))));
    }

    [Fact]
    public async Task What_is_too_old_goes_and_nothing_else()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await FillAsync(store, 0, 10, 100);
        _clock.Advance(TimeSpan.FromHours(10));
        await FillAsync(store, 10, 10, 100);
        _clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(0, (await store.EvictAsync(new EvictionOptions { MaxAge = TimeSpan.FromHours(15) })).Artifacts);
        EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxAge = TimeSpan.FromHours(14) });
        Assert.Equal(10, report.AgedArtifacts);
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(i >= 10, store.Contains(Sample.Key(i))));
    }

    [Fact]
    public async Task A_dry_run_names_the_victims_and_changes_nothing()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await FillAsync(store, 0, 50, 700);
        _clock.Advance(TimeSpan.FromHours(3));
        await FillAsync(store, 50, 50, 700);
        long live = store.GetStats().LiveBytes;
        List<EvictedArtifact> planned = [];
        EvictionReport plan = await store.EvictAsync(
            new EvictionOptions { MaxBytes = live / 4, DryRun = true, OnVictim = planned.Add });
        Assert.True(plan.IsDryRun);
        Assert.Equal(live, store.GetStats().LiveBytes);
        Assert.Equal(plan.Artifacts, planned.Count);
        Assert.Equal(plan.Bytes, planned.Sum(v => v.Bytes));
        Assert.All(planned, v => Assert.True(
            store.TryGetMetadata(v.Key, out ArtifactMetadata? m) && m.LastUsed == v.LastUsed));

        List<EvictedArtifact> done = [];
        EvictionReport report = await store.EvictAsync(
            new EvictionOptions { MaxBytes = live / 4, OnVictim = done.Add });
        Assert.Equal(plan.LiveBytesAfter, report.LiveBytesAfter);
        Assert.Equal(planned.Select(v => v.Key), done.Select(v => v.Key));
        Assert.All(done, v => Assert.False(store.Contains(v.Key)));
    }

    [Fact]
    public async Task A_reading_process_can_ask_for_the_plan()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await FillAsync(store, 0, 50, 700);
        await store.FlushAsync();
        using ArtifactStore reader = _scratch.Attach(_options);
        EvictionReport plan = await reader.EvictAsync(new EvictionOptions { MaxBytes = 0, DryRun = true });
        Assert.Equal(50, plan.Artifacts);
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => reader.EvictAsync(new EvictionOptions { MaxBytes = 0 }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_evicted_stay_away_after_a_clean_close(bool more)
    {
        long live;
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await FillAsync(store, 0, 300, 400);
            await store.EvictAsync(new EvictionOptions { MaxBytes = store.GetStats().LiveBytes / 3 });
            if (more)
            {
                // A snapshot between the eviction and the close, and records behind it in the same directory block.
                Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
                await FillAsync(store, 300, 3, 400);
            }

            live = store.GetStats().LiveBytes;
        }

        for (int open = 0; open < 2; open++)
        {
            using ArtifactStore store = _scratch.Open(_options);
            Assert.True(store.Engine.Writer!.WasClean);
            Assert.Equal(live, store.GetStats().LiveBytes);
            Assert.False(store.Contains(Sample.Key(0)));
            SpaceAssert.CountsAreThoseOfTheData(store);
        }

        VerifyReport verified = await ArtifactStore.VerifyDirectoryAsync(_scratch.Path, null, null, default);
        Assert.Empty(verified.Damage);
    }

    [Fact]
    public async Task An_older_version_never_takes_the_place_of_an_evicted_one()
    {
        using ArtifactStore store = _scratch.Open(_options);
        ArtifactKey key = Sample.Key(1);
        await Sample.OfLength(100, seed: 1).PutAsync(store, key);
        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
        Sample newer = Sample.OfLength(100, seed: 2);
        await newer.PutAsync(store, key);
        await store.EvictAsync(new EvictionOptions { MaxBytes = 0 });
        Assert.False(store.Contains(key));
        await store.FlushAsync();

        using (ScratchStore killed = _scratch.Kill())
        using (ArtifactStore again = killed.Open(_options))
        {
            newer.AssertIn(again, key);
        }

        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
        using (ScratchStore killed = _scratch.Kill())
        using (ArtifactStore again = killed.Open(_options))
        {
            Sample.AssertAbsent(again, key);
        }

        using ScratchStore bare = _scratch.Kill();
        Directory.Delete(bare.Inside("index"), recursive: true);
        using ArtifactStore rebuilt = bare.Open(_options);
        newer.AssertIn(rebuilt, key);
    }

    [Fact]
    public async Task What_was_evicted_and_then_removed_does_not_come_back_with_a_lost_index()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await FillAsync(store, 0, 20, 100);
            await store.EvictAsync(new EvictionOptions { MaxBytes = 0 });
        }

        using (ArtifactStore store = _scratch.Open(_options))
        {
            Assert.False(await store.RemoveAsync(Sample.Key(7)));
        }

        Directory.Delete(_scratch.Inside("index"), recursive: true);
        using ArtifactStore rebuilt = _scratch.Open(_options);
        Assert.Equal(19, rebuilt.GetStats().Artifacts);
        Sample.AssertAbsent(rebuilt, Sample.Key(7));
    }

    [Fact]
    public async Task Evicted_loose_files_go_and_are_not_taken_for_damage()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await Sample.OfLength(100 << 10).PutAsync(store, Sample.Key(1));
            await Sample.OfLength(200 << 10).PutAsync(store, Sample.Key(2));
            await FillAsync(store, 10, 5, 100);
            await store.FlushAsync();
            EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxBytes = 0 });
            Assert.Equal(7, report.Artifacts);
            Assert.Equal(0, report.LiveBytesAfter);
            await store.FlushAsync();
            Assert.Empty(Directory.EnumerateFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories));
            SpaceAssert.CountsAreThoseOfTheData(store);
        }

        Directory.Delete(_scratch.Inside("index"), recursive: true);
        VerifyReport verified = await ArtifactStore.VerifyDirectoryAsync(_scratch.Path, null, null, default);
        Assert.Empty(verified.Damage);
    }

    [Fact]
    public async Task Pinned_artifacts_stay_until_their_pins_end()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await FillAsync(store, 0, 10, 100);
            store.Pin([Sample.Key(1), Sample.Key(2)], "build 7", _clock.Now.AddHours(2));
            store.Pin([Sample.Key(2)], "release");
            EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxBytes = 0 });
            Assert.Equal(2, report.Pinned);
            Assert.False(report.IsTargetMet);
            Assert.Equal(2, store.GetStats().Artifacts);
        }

        using (ArtifactStore store = _scratch.Open(_options))
        {
            Assert.Equal(3, store.GetPins().Count);
            _clock.Advance(TimeSpan.FromHours(2));
            Assert.Equal("release", Assert.Single(store.GetPins()).Owner);
            Assert.Equal(1, (await store.EvictAsync(new EvictionOptions { MaxBytes = 0 })).Artifacts);
            Assert.True(store.Contains(Sample.Key(2)));
            Assert.Equal(0, store.Unpin([Sample.Key(2)], "somebody else"));
            Assert.Equal(1, store.Unpin([Sample.Key(2)], "release"));
            Assert.True((await store.EvictAsync(new EvictionOptions { MaxBytes = 0 })).IsTargetMet);
        }
    }

    [Fact]
    public async Task Damaged_pins_are_forgotten_and_nothing_else_happens()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await FillAsync(store, 0, 3, 100);
            store.Pin([Sample.Key(1)], "x");
        }

        byte[] bytes = File.ReadAllBytes(_scratch.Inside("PINS"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(_scratch.Inside("PINS"), bytes);
        using ArtifactStore again = _scratch.Open(_options);
        Assert.Empty(again.GetPins());
        again.Pin([Sample.Key(2)], "y");
        Assert.Single(again.GetPins());
        Assert.True(again.Contains(Sample.Key(1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_file_is_opened_but_those_of_segments_with_victims_not_used_yet(bool reopened)
    {
        MemoryDirectory disk = new();
        FaultingDirectory watched = new(disk);
        ArtifactStore store = ArtifactStore.OpenOver(watched, _options);
        await FillAsync(store, 0, 1000, 700);
        _clock.Advance(TimeSpan.FromHours(1));
        await FillAsync(store, 1000, 1000, 700);
        await store.EvictAsync(new EvictionOptions { MaxBytes = store.GetStats().LiveBytes - 1 });
        if (reopened)
        {
            store.Dispose();
            watched = new FaultingDirectory(disk);
            store = ArtifactStore.OpenOver(watched, _options);
        }

        using (store)
        {
            long live = store.GetStats().LiveBytes;
            HashSet<string> opened = [];
            watched.Plan = new FaultPlan
            {
                Errno = 5,
                Matches = (operation, name) =>
                {
                    if (operation == StoreOperation.Open)
                    {
                        opened.Add(name);
                    }

                    return false;
                },
            };
            EvictionReport report = await store.EvictAsync(new EvictionOptions { MaxBytes = (live / 2) + 2000 });
            watched.Plan = null;
            Assert.InRange(report.Artifacts, 990, 999);
            // Half of the segments have no victim.
            int segments = store.GetStats().Segments;
            opened.Remove("CHECKPOINT");
            Assert.InRange(opened.Count, 0, reopened ? (segments / 2) + 1 : 0);
        }
    }

    private static async Task FillAsync(ArtifactStore store, int from, int count, int length)
    {
        for (int i = from; i < from + count; i++)
        {
            await Sample.OfLength(length, i).PutAsync(store, Sample.Key(i));
        }
    }
}
