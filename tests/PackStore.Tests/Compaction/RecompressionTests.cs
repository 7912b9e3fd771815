using System.Collections.Immutable;
using PackStore.Payloads;
using PackStore.Tests.Engine;
using PackStore.Tests.Space;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>What was not used lately is compressed while it is copied: the same to every caller, smaller on
/// disk.</summary>
public sealed class RecompressionTests
{
    private const int Artifacts = 24;
    private static readonly CompactionOptions s_cold = new() { RecompressLevel = 3 };
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Cold_payloads_become_smaller_and_are_the_same_to_every_caller()
    {
        using ScratchStore scratch = new();
        ImmutableSortedDictionary<int, Sample> samples = MakeSamples(compressible: true);
        using (ArtifactStore store = scratch.Open(Options()))
        {
            await PutAsync(store, samples);
            _clock.Advance(TimeSpan.FromDays(2));
            ArtifactMetadata[] before = Metadata(store, samples);

            CompactionReport report = await store.CompactAsync(s_cold);

            Assert.Equal(Artifacts, report.RecompressedRecords);
            Assert.True(report.RecompressedBytesAfter < report.RecompressedBytesBefore / 4);
            Assert.True(report.After.SegmentBytes < report.Before.SegmentBytes / 2, $"{report.After.SegmentBytes}");
            Assert.True(report.After.LiveBytes < report.Before.LiveBytes / 2);
            Assert.Equal(report.Before.SegmentBytes - report.FreedBytes, report.After.SegmentBytes);
            Assert.False(report.IsUpperBound);
            SpaceAssert.CountsAreThoseOfTheData(store);
            ArtifactMetadata[] after = Metadata(store, samples);
            Assert.All(after, static m => Assert.Equal(PayloadEncoding.Zstd, m.Payloads[0].Encoding));
            Assert.All(after, static m => Assert.Equal(PayloadEncoding.Raw, m.Payloads[1].Encoding));
            Assert.Equal(
                before.Select(static m => (m.StoredAt, m.LastUsed)),
                after.Select(static m => (m.StoredAt, m.LastUsed)));
            AssertAll(store, samples);
        }

        await AssertCleanAsync(scratch.Path);
        Directory.Delete(scratch.Inside("index"), recursive: true);
        using ArtifactStore again = scratch.Open(Options());
        AssertAll(again, samples);
        SpaceAssert.CountsAreThoseOfTheData(again);
    }

    [Fact]
    public async Task A_second_run_rewrites_nothing_and_so_does_one_at_another_level()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        await PutAsync(store, MakeSamples(compressible: true));
        await PutAsync(store, MakeSamples(compressible: false, from: 100));
        _clock.Advance(TimeSpan.FromDays(2));
        await store.CompactAsync(s_cold);
        foreach (int level in new[] { 3, 9 })
        {
            CompactionReport report = await store.CompactAsync(new CompactionOptions { RecompressLevel = level });

            Assert.Equal((0, 0, 0L, 0L), (
                report.RemovedSegments, report.WrittenSegments, report.FreedBytes, report.RecompressedRecords));
        }
    }

    [Fact]
    public async Task What_would_not_save_an_eighth_is_copied_byte_for_byte()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        ImmutableSortedDictionary<int, Sample> samples = MakeSamples(compressible: false);
        await PutAsync(store, samples);
        _clock.Advance(TimeSpan.FromDays(2));
        byte[][] before = Records(store, samples);

        // Everything that is not live is worth it: so they are copied, and not for the sake of compressing.
        await store.RemoveAsync(Sample.Key(0));
        await store.RemoveAsync(Sample.Key(Artifacts - 1));
        samples = samples.Remove(0).Remove(Artifacts - 1);
        CompactionReport report = await store.CompactAsync(
            new CompactionOptions { RecompressLevel = 3, DeadRatio = 0 });

        Assert.True(report.RelocatedRecords > 0);
        Assert.Equal(0, report.RecompressedRecords);
        Assert.Equal(before[1..^1], Records(store, samples));
    }

    [Fact]
    public async Task What_was_used_within_the_time_stays_raw_until_that_has_passed()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        ImmutableSortedDictionary<int, Sample> samples = MakeSamples(compressible: true);
        await PutAsync(store, samples);
        _clock.Advance(TimeSpan.FromHours(10));
        for (int key = 0; key < Artifacts / 2; key++)
        {
            samples[key].AssertIn(store, Sample.Key(key));
        }

        CompactionOptions options = new() { RecompressLevel = 1, RecompressUnusedFor = TimeSpan.FromHours(10) };
        Assert.Equal(Artifacts / 2, (await store.CompactAsync(options)).RecompressedRecords);
        _clock.Advance(TimeSpan.FromHours(9));
        Assert.Equal(0, (await store.CompactAsync(options)).RecompressedRecords);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Artifacts / 2, (await store.CompactAsync(options)).RecompressedRecords);
        AssertAll(store, samples);
    }

    [Fact]
    public async Task A_plan_is_an_upper_bound_says_so_and_changes_nothing()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        await PutAsync(store, MakeSamples(compressible: true));
        await PutAsync(store, MakeSamples(compressible: false, from: 100));
        _clock.Advance(TimeSpan.FromDays(2));
        await store.FlushAsync();
        string[] files = scratch.Files();

        CompactionReport plan = await store.CompactAsync(
            new CompactionOptions { RecompressLevel = 3, DryRun = true });

        Assert.Equal(files, scratch.Files());
        Assert.True(plan.IsUpperBound);
        CompactionReport report = await store.CompactAsync(s_cold);
        Assert.Equal((plan.RemovedSegments, plan.RelocatedRecords), (report.RemovedSegments, report.RelocatedRecords));
        Assert.InRange(report.RecompressedRecords, Artifacts, plan.RecompressedRecords);
        Assert.InRange(report.RecompressedBytesBefore, 1, plan.RecompressedBytesBefore);
        Assert.InRange(report.RecompressedBytesAfter, 1, plan.RecompressedBytesAfter);
        Assert.InRange(report.WrittenBytes, 1, plan.WrittenBytes);
        Assert.InRange(report.WrittenSegments, 1, plan.WrittenSegments);
        Assert.InRange(report.After.SegmentBytes, 1, plan.After.SegmentBytes);
        Assert.InRange(report.After.LiveBytes, 1, plan.After.LiveBytes);
        Assert.True(report.FreedBytes >= plan.FreedBytes);
    }

    [Fact]
    public async Task Segments_of_what_became_smaller_are_filled()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        await PutAsync(store, MakeSamples(compressible: true, count: 200));
        _clock.Advance(TimeSpan.FromDays(2));

        CompactionReport report = await store.CompactAsync(s_cold);

        Assert.Equal((report.After.LiveBytes / Options().SegmentSizeBytes) + 1, report.WrittenSegments);
    }

    [Fact]
    public async Task An_encoder_that_is_wrong_loses_nothing()
    {
        // It says that it saved much, and decodes to something else, or to nothing.
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        ImmutableSortedDictionary<int, Sample> samples = MakeSamples(compressible: true);
        await PutAsync(store, samples);
        _clock.Advance(TimeSpan.FromDays(2));
        byte[][] before = Records(store, samples);
        int turn = 0;
        store.Compactor.MakeEncoder = level =>
        {
            ZstdEncoder zstd = new(level);
            return raw =>
            {
                byte[] wrong = raw.ToArray();
                wrong[^1] ^= 1;
                return (turn++ % 3) switch
                {
                    0 => zstd.TryEncode(wrong),
                    1 => new byte[100],
                    _ => zstd.TryEncode(raw[1..]),
                };
            };
        };

        CompactionReport report = await store.CompactAsync(s_cold);

        Assert.True(turn > Artifacts);
        Assert.Equal((0, Artifacts), (report.RecompressedRecords, report.RelocatedRecords));
        Assert.Equal(before, Records(store, samples));
    }

    [Fact]
    public async Task Leases_and_owners_keep_what_they_had_while_it_is_compressed()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        ImmutableSortedDictionary<int, Sample> samples = MakeSamples(compressible: true);
        await PutAsync(store, samples);
        _clock.Advance(TimeSpan.FromDays(2));
        using PayloadOwner owner = Own(store);
        byte[] before = owner[0].ToArray();

        Compact(store, samples[4]);

        Assert.Equal(before, owner[0].ToArray());
        using PayloadOwner decoded = Own(store);
        Assert.Equal(before, decoded[0].ToArray());

        static void Compact(ArtifactStore store, Sample sample)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(4));
            store.CompactAsync(new CompactionOptions { RecompressLevel = 1, RecompressUnusedFor = TimeSpan.Zero })
                .GetAwaiter().GetResult();
            Assert.Null(sample.Difference(lease));
        }

        static PayloadOwner Own(ArtifactStore store)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(5));
            return lease.ToOwner();
        }
    }

    [Fact]
    public async Task A_long_record_is_left_alone()
    {
        using ScratchStore scratch = new();
        PackStoreOptions options = new() { LooseThresholdBytes = 64 << 20, TimeProvider = _clock };
        using ArtifactStore store = scratch.Open(options);
        await Sample.Of(Sample.Text(9 << 20)).PutAsync(store, Sample.Key(1));
        await Sample.Of(Sample.Text(1 << 20)).PutAsync(store, Sample.Key(2));
        await store.RemoveAsync(Sample.Key(2));
        _clock.Advance(TimeSpan.FromDays(2));

        CompactionReport report = await store.CompactAsync(
            new CompactionOptions { RecompressLevel = 1, DeadRatio = 0 });

        Assert.Equal((1, 0), (report.RelocatedRecords, report.RecompressedRecords));
        Sample.Of(Sample.Text(9 << 20)).AssertIn(store, Sample.Key(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(-3)]
    public async Task A_level_that_is_none_is_refused_by_name(int level)
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(Options());
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => store.CompactAsync(new CompactionOptions { RecompressLevel = level }));
        Assert.Contains(nameof(CompactionOptions.RecompressLevel), refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.CompactAsync(
            new CompactionOptions { RecompressLevel = 1, RecompressUnusedFor = TimeSpan.FromHours(-1) }));
    }

    private PackStoreOptions Options() => new()
    {
        SegmentSizeBytes = 512 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = _clock,
    };

    /// <summary>Each with a long payload, a short one, and an error stream that is long in some.</summary>
    private static ImmutableSortedDictionary<int, Sample> MakeSamples(
        bool compressible, int from = 0, int count = Artifacts)
    {
        SortedDictionary<int, Sample> samples = [];
        for (int key = from; key < from + count; key++)
        {
            int length = (33 << 10) + (key * 1777);
            samples.Add(key, new Sample(
            [
                new SampleOutput("long", compressible ? Sample.Text(length, key) : Sample.Bytes(length, key))
                {
                    Mode = UnixFileMode.UserRead,
                },
                new SampleOutput("short", Sample.Text(1000, key)),
            ])
            {
                ExitCode = key,
                StandardError = key % 3 == 0 && compressible ? Sample.Text(40_000, key) : [],
                Extra = Sample.Bytes(key),
            });
        }

        return samples.ToImmutableSortedDictionary();
    }

    private static async Task PutAsync(ArtifactStore store, ImmutableSortedDictionary<int, Sample> samples)
    {
        foreach ((int key, Sample sample) in samples)
        {
            await sample.PutAsync(store, Sample.Key(key));
        }
    }

    private static void AssertAll(ArtifactStore store, ImmutableSortedDictionary<int, Sample> samples)
    {
        foreach ((int key, Sample sample) in samples)
        {
            sample.AssertIn(store, Sample.Key(key));
        }
    }

    private static ArtifactMetadata[] Metadata(ArtifactStore store, ImmutableSortedDictionary<int, Sample> samples) =>
    [
        .. samples.Keys.Select(key => store.TryGetMetadata(Sample.Key(key), out ArtifactMetadata? found)
            ? found : throw new InvalidOperationException($"{key} is a miss")),
    ];

    /// <summary>The records' bytes as they stand in their segments.</summary>
    private static byte[][] Records(ArtifactStore store, ImmutableSortedDictionary<int, Sample> samples) =>
        [.. samples.Keys.Select(key => StoredRecord.Of(store, Sample.Key(key)))];

    private static async Task AssertCleanAsync(string path)
    {
        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(path, null, null, CancellationToken.None);
        Assert.Empty(report.Damage);
        Assert.Empty(report.Notes);
    }
}
