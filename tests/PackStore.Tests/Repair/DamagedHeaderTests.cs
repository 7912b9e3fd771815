using PackStore.Format;
using PackStore.TestChild;
using PackStore.Tests.Engine;
using PackStore.Tests.Space;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>
/// A damaged header used to hide the whole segment until a repair: what it held was a miss, and what had been removed
/// in it came back once the index was rebuilt. Now the trailer of a sealed segment stands in for it, where that is
/// beyond doubt.
/// </summary>
public sealed class DamagedHeaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sealed_segments_with_damaged_headers_serve_all_they_hold_and_what_was_removed_stays_removed(
        bool losesIndex)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        Assert.True(sample.Sealed.Count > 2);
        sample.DamageHeaders();
        for (int open = 0; open < 3; open++)
        {
            if (losesIndex)
            {
                sample.LoseIndex();
            }

            using ArtifactStore store = sample.Open();
            HeaderSample.AssertWhole(store);
            StoreStats stats = store.GetStats();
            Assert.Equal(sample.Sealed.Count, stats.DamagedHeaders);
            Assert.Equal(stats.DiskBytes, stats.Space.Sum(static s => s.Bytes));
            SpaceAssert.CountsAreThoseOfTheData(store);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_was_killed_changes_nothing_of_that(bool losesIndex)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        string left;
        using (ScratchStore scratch = new())
        {
            using ArtifactStore store = scratch.Open(HeaderSample.Options);
            await HeaderSample.FillAsync(store);
            await store.FlushAsync();
            left = scratch.Copy();
            Directory.Delete(sample.Path, recursive: true);
            Directory.Move(left, sample.Path);
        }

        sample.DamageHeaders();
        if (losesIndex)
        {
            sample.LoseIndex();
        }

        using ArtifactStore again = sample.Open();
        HeaderSample.AssertWhole(again);
        SpaceAssert.CountsAreThoseOfTheData(again);
    }

    [Fact]
    public async Task The_log_tells_each_of_them_once()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.DamageHeaders();
        using EventLog log = new();
        PackStoreOptions options = new() { TimeProvider = HeaderSample.Options.TimeProvider, LoggerFactory = log };
        using ArtifactStore store = ArtifactStore.Open(sample.Path, options);

        HeaderSample.AssertWhole(store);
        HeaderSample.AssertWhole(store);

        string[] told = [.. log.Events.Where(static e => e.Id == 9).Select(static e => e.Text).Order()];
        Assert.Equal(sample.Sealed.Count, told.Length);
        Assert.All(told.Zip(sample.Sealed), static t => Assert.Contains(
            StoreFileNames.Segment(t.Second), t.First, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_put_next_goes_into_a_segment_of_its_own()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.DamageHeaders();
        int last = Directory.GetFiles(sample.Inside("segments")).Length;
        using (ArtifactStore store = sample.Open())
        {
            for (int key = 100; key < 112; key++)
            {
                await HeaderSample.PutAsync(store, key, 1);
            }

            HeaderSample.AssertWhole(store);
        }

        Assert.True(Directory.GetFiles(sample.Inside("segments")).Length > last + 1);
        using ArtifactStore again = sample.Open();
        HeaderSample.AssertWhole(again);
        Assert.All(Enumerable.Range(100, 12), k => Assert.Equal(1, SampleArtifact.VersionOf(again, k)));
    }

    [Theory]
    [InlineData(SegmentTrailerLayout.StoreIdOffset, "store")]
    [InlineData(SegmentTrailerLayout.SegmentIdOffset, "number")]
    [InlineData(SegmentTrailerLayout.ReservedOffset, "reserved")]
    [InlineData(SegmentTrailerLayout.Reserved2Offset, "reserved too")]
    [InlineData(SegmentTrailerLayout.MagicOffset, "magic")]
    public async Task A_trailer_that_says_something_else_does_not_stand_in(int offset, string what)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.DamageHeaders();
        sample.ChangeTrailer(2, trailer => trailer[offset] ^= 4);
        Assert.NotEmpty(what);

        await ExpectHiddenAsync(sample);
    }

    [Fact]
    public async Task A_damaged_trailer_does_not_stand_in()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.DamageHeaders();
        sample.Change(2, static bytes => bytes[^20] ^= 1);

        await ExpectHiddenAsync(sample);
    }

    [Theory]
    [InlineData(SegmentHeaderLayout.IncompatibleOffset)]
    [InlineData(SegmentHeaderLayout.VersionOffset)]
    [InlineData(SegmentHeaderLayout.StoreIdOffset)]
    [InlineData(SegmentHeaderLayout.SegmentIdOffset)]
    [InlineData(SegmentHeaderLayout.MagicOffset)]
    public async Task A_header_that_is_sound_and_says_something_else_is_not_passed_over(int offset)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.Change(2, bytes =>
        {
            bytes[offset] ^= 4;
            BitConverter.TryWriteBytes(
                bytes.AsSpan(SegmentHeaderLayout.ChecksumOffset),
                Checksum.Of(bytes.AsSpan(0, SegmentHeaderLayout.ChecksumOffset)));
        });

        await ExpectHiddenAsync(sample);
    }

    [Fact]
    public async Task A_header_that_nothing_says_was_ever_durable_may_be_torn_and_hides_its_segment()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        sample.DamageHeaders();
        File.Delete(sample.Inside("CHECKPOINT"));
        File.Delete(sample.Inside("CHECKPOINT.old"));
        sample.LoseIndex();

        using ArtifactStore store = sample.Open();

        Assert.All(sample.KeysIn(2), k => Assert.Equal(0, SampleArtifact.VersionOf(store, k)));
    }

    [Fact]
    public async Task An_unsealed_segment_has_nothing_to_stand_in()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        int active = sample.Sealed[^1] + 1;
        int[] keys = sample.KeysIn(active);
        Assert.NotEmpty(keys);
        sample.Change(active, static bytes => bytes[100] ^= 0x10);

        using (ArtifactStore store = sample.Open())
        {
            Assert.All(keys, k => Assert.Equal(0, SampleArtifact.VersionOf(store, k)));
        }

        await RepairAsync(sample);
    }

    [Fact]
    public async Task Verify_goes_on_telling_until_a_repair_writes_the_segments_anew()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        int[] hit = [.. sample.Sealed];
        sample.DamageHeaders();
        for (int open = 0; open < 2; open++)
        {
            VerifyReport report = await sample.VerifyAsync();
            Assert.Equal(
                hit.Select(static s => (VerifyFindingKind.Segment, StoreFileNames.Segment(s), 0L)),
                report.Damage.Select(static f => (f.Kind, f.File, f.Offset)));
            Assert.All(report.Damage, static f => Assert.Contains("repair", f.Detail, StringComparison.Ordinal));
            Assert.Equal(0, report.LostArtifacts);
            using ArtifactStore store = sample.Open();
            await HeaderSample.PutAsync(store, 200 + open, 1);
        }

        RepairReport repaired = await RepairAsync(sample);

        Assert.Equal(hit.Select(StoreFileNames.Segment), repaired.Quarantined);
        Assert.Empty(sample.Sealed.Intersect(hit));
        using ArtifactStore again = sample.Open();
        Assert.Equal(0, again.GetStats().DamagedHeaders);
        Assert.Equal(1, SampleArtifact.VersionOf(again, 200));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_compaction_copies_what_lives_tells_the_damage_and_leaves_sound_segments(bool losesIndex)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        int[] hit = [.. sample.Sealed];
        sample.DamageHeaders();
        using (ArtifactStore store = sample.Open())
        {
            foreach (int segment in hit)
            {
                // So that it has something dead, and is worth it.
                await HeaderSample.PutAsync(store, sample.KeysIn(segment)[0], 1);
            }

            CompactionOptions all = new() { DeadRatio = 0 };
            CompactionReport plan = await store.CompactAsync(new CompactionOptions { DeadRatio = 0, DryRun = true });
            CompactionReport report = await store.CompactAsync(all);

            Assert.Equal(plan.WrittenBytes, report.WrittenBytes);
            Assert.Equal(0, report.SkippedSegments);
            Assert.Equal(
                hit.Select(StoreFileNames.Segment),
                report.Damage.Where(static f => f.Kind == VerifyFindingKind.Segment).Select(static f => f.File));
            Assert.Empty((await store.CompactAsync(all)).Damage);
            HeaderSample.AssertWhole(store);
            SpaceAssert.CountsAreThoseOfTheData(store);
        }

        if (losesIndex)
        {
            sample.LoseIndex();
        }

        Assert.Empty((await sample.VerifyAsync()).Damage);
        using ArtifactStore again = sample.Open();
        HeaderSample.AssertWhole(again);
        Assert.Equal(0, again.GetStats().DamagedHeaders);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Readers_serve_it_before_beside_and_without_a_writer(bool losesIndex)
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        using ArtifactStore early = sample.Attach();
        sample.DamageHeaders();
        if (losesIndex)
        {
            sample.LoseIndex();
        }

        using ArtifactStore alone = sample.Attach();
        HeaderSample.AssertWhole(early);
        HeaderSample.AssertWhole(alone);
        using ArtifactStore writer = sample.Open();
        using ArtifactStore beside = sample.Attach();
        for (int key = 100; key < 112; key++)
        {
            await HeaderSample.PutAsync(writer, key, 1);
            Assert.Equal(1, SampleArtifact.VersionOf(beside, key));
        }

        await writer.CompactAsync(new CompactionOptions { DeadRatio = 0 });
        foreach (ArtifactStore reader in new[] { early, alone, beside, writer })
        {
            HeaderSample.AssertWhole(reader);
        }
    }

    [Fact]
    public async Task Verify_beside_a_writer_tells_the_damaged_headers_and_nothing_else()
    {
        using HeaderSample sample = await HeaderSample.CreateAsync();
        int[] hit = [.. sample.Sealed];
        sample.DamageHeaders();
        using ArtifactStore store = sample.Open();
        for (int key = 100; key < 130; key++)
        {
            await HeaderSample.PutAsync(store, key, 1);
            VerifyReport report = await store.VerifyAsync(new VerifyOptions { Level = (VerifyLevel)(key % 3) });
            Assert.Equal(hit.Select(StoreFileNames.Segment), report.Damage.Select(static f => f.File));
            Assert.Equal(0, report.LostArtifacts);
        }
    }

    private static async Task ExpectHiddenAsync(HeaderSample sample)
    {
        int[] keys = sample.KeysIn(2);
        Assert.NotEmpty(keys);
        foreach (bool losesIndex in new[] { false, true })
        {
            if (losesIndex)
            {
                sample.LoseIndex();
            }

            using ArtifactStore store = sample.Open();
            Assert.All(keys, k => Assert.Equal(0, SampleArtifact.VersionOf(store, k)));
        }

        VerifyReport report = await sample.VerifyAsync();
        Assert.Contains(report.Damage, static f => (f.File, f.Offset) == (StoreFileNames.Segment(2), 0));
        Assert.True(report.LostArtifacts > 0);
        await RepairAsync(sample);
    }

    private static async Task<RepairReport> RepairAsync(HeaderSample sample)
    {
        RepairReport report = await ArtifactStore.RepairDirectoryAsync(
            sample.Path, new RepairOptions { TimeProvider = HeaderSample.Options.TimeProvider }, null, default);
        Assert.True(report.IsClean);
        using ArtifactStore store = sample.Open();
        HeaderSample.AssertWhole(store);
        return report;
    }
}
