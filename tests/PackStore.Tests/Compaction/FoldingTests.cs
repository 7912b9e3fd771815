using System.Runtime.Versioning;
using PackStore.Tests.Engine;
using PackStore.Tests.Space;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>Payloads go between segments and loose files by their size while their records are copied: no byte of them
/// changes, and no file goes, or is missing, while anything names it.</summary>
[SupportedOSPlatform("linux")]
public sealed class FoldingTests : IDisposable
{
    private const int Threshold = 16 << 10;
    private static readonly CompactionOptions s_all = new() { DeadRatio = 0 };
    private readonly ScratchStore _scratch = new();
    private readonly Dictionary<int, Sample> _samples = [];

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Small_loose_files_go_into_segments_and_the_plan_says_so()
    {
        using (ArtifactStore store = Open())
        {
            for (int key = 0; key < 20; key++)
            {
                await AdoptAsync(store, key, 100 + (100 * key));
            }

            await MakeDeadAsync(store);
            CompactionReport plan = await store.CompactAsync(new CompactionOptions { DeadRatio = 0, DryRun = true });

            CompactionReport report = await store.CompactAsync(s_all);

            Assert.Equal((20, _samples.Values.Sum(static s => (long)s.Outputs[0].Bytes.Length)),
                (report.FoldedInFiles, report.FoldedInBytes));
            Assert.Equal(Numbers(report), Numbers(plan));
            Assert.Equal(Numbers(report.After), Numbers(plan.After));
            Assert.Empty(LooseFiles());
            Assert.Equal((0, 0), (store.GetStats().LooseFiles, store.GetStats().LooseBytes));
            SpaceAssert.CountsAreThoseOfTheData(store);
            AssertAll(store);
            Assert.Equal(0, (await store.CompactAsync(s_all)).WrittenSegments);
        }

        await AssertCleanAsync();
        Directory.Delete(_scratch.Inside("index"), recursive: true);
        using ArtifactStore again = Open();
        AssertAll(again);
    }

    [Fact]
    public async Task Large_payloads_go_out_of_segments_when_the_threshold_has_become_smaller()
    {
        using (ArtifactStore store = Open(threshold: 1 << 20))
        {
            for (int key = 0; key < 12; key++)
            {
                await PutAsync(store, key, Threshold - 3 + key, 500);
            }

            await MakeDeadAsync(store);
        }

        using (ArtifactStore store = Open())
        {
            CompactionReport plan = await store.CompactAsync(new CompactionOptions { DeadRatio = 0, DryRun = true });

            CompactionReport report = await store.CompactAsync(s_all);

            Assert.Equal(9, report.FoldedOutFiles);
            Assert.Equal(Numbers(report), Numbers(plan));
            Assert.Equal(Numbers(report.After), Numbers(plan.After));
            Assert.Equal(9, LooseFiles().Length);
            Assert.Equal((9, report.FoldedOutBytes), (store.GetStats().LooseFiles, store.GetStats().LooseBytes));
            SpaceAssert.CountsAreThoseOfTheData(store);
            AssertAll(store);
            Assert.Equal(0, (await store.CompactAsync(s_all)).WrittenSegments);
        }

        await AssertCleanAsync();
        using ArtifactStore again = Open();
        AssertAll(again);
    }

    [Fact]
    public async Task Between_half_the_threshold_and_all_of_it_nothing_moves()
    {
        using (ArtifactStore store = Open(threshold: 1 << 20))
        {
            await PutAsync(store, 1, Threshold - 1);
            await AdoptAsync(store, 2, Threshold / 2);
            await AdoptAsync(store, 3, (Threshold / 2) - 1);
            await MakeDeadAsync(store);
        }

        using ArtifactStore again = Open();
        CompactionReport report = await again.CompactAsync(s_all);
        Assert.Equal((1, 0), (report.FoldedInFiles, report.FoldedOutFiles));
        AssertAll(again);
    }

    [Fact]
    public async Task Hard_links_stay_and_so_does_everything_if_that_is_asked_for()
    {
        using ArtifactStore store = Open();
        await AdoptAsync(store, 1, 1000, FileAdoption.HardLink);
        await AdoptAsync(store, 2, 1000);
        await PutAsync(store, 3, 9000);
        await MakeDeadAsync(store);
        CompactionReport none = await store.CompactAsync(new CompactionOptions { DeadRatio = 0, FoldLoose = false });
        Assert.Equal((3, 0), (none.RelocatedRecords, none.FoldedInFiles));
        await store.RemoveAsync(Sample.Key(3));
        _samples.Remove(3);
        Assert.Equal(1, (await store.CompactAsync(s_all)).FoldedInFiles);
        Assert.Single(LooseFiles());
        AssertAll(store);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_or_missing_file_leaves_its_record_as_it_is_and_is_reported(bool isMissing)
    {
        using ArtifactStore store = Open();
        await AdoptAsync(store, 1, 1000);
        byte[] record = StoredRecord.Of(store, Sample.Key(1));
        string file = LooseFiles().Single();
        await AdoptAsync(store, 2, 1000);
        await MakeDeadAsync(store);
        if (isMissing)
        {
            File.Delete(file);
        }
        else
        {
            await File.WriteAllBytesAsync(file, new byte[1000]);
        }

        CompactionReport report = await store.CompactAsync(s_all);

        VerifyFinding finding = Assert.Single(report.Damage);
        Assert.Equal((VerifyFindingKind.Loose, Sample.Key(1)), (finding.Kind, finding.Key));
        Assert.EndsWith(finding.File, file, StringComparison.Ordinal);
        Assert.Equal(1, report.FoldedInFiles);
        Assert.Equal(record, StoredRecord.Of(store, Sample.Key(1)));
        Assert.Empty(Directory.GetFiles(_scratch.Inside("quarantine")));
        _samples.Remove(1);
        AssertAll(store);
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    [Fact]
    public async Task Leases_owners_and_other_processes_are_served_across_it()
    {
        using ArtifactStore store = Open();
        await AdoptAsync(store, 1, 1000);
        await AdoptAsync(store, 2, 1000);
        await MakeDeadAsync(store);
        await store.FlushAsync();
        using ArtifactStore reader = _scratch.Attach(Options());
        AssertAll(reader);
        using PayloadOwner owner = Own(store);

        Compact(store, _samples[1]);

        Assert.Empty(LooseFiles());
        Assert.Equal(_samples[2].Outputs[0].Bytes, owner[0].ToArray());
        AssertAll(reader);

        static void Compact(ArtifactStore store, Sample sample)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(1));
            store.CompactAsync(s_all).GetAwaiter().GetResult();
            Assert.Null(sample.Difference(lease));
        }

        static PayloadOwner Own(ArtifactStore store)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(2));
            return lease.ToOwner();
        }
    }

    [Fact]
    public async Task What_changes_between_the_copy_and_its_publication_is_as_it_became()
    {
        using (ArtifactStore store = Open(threshold: 1 << 20))
        {
            for (int key = 1; key <= 6; key++)
            {
                await PutAsync(store, key, Threshold + key);
            }

            await AdoptAsync(store, 7, 1000);
            await AdoptAsync(store, 8, 1000);
            await AdoptAsync(store, 9, 1000);
            await MakeDeadAsync(store);
        }

        await RaceAsync();
        await AssertCleanAsync();
        Directory.Delete(_scratch.Inside("index"), recursive: true);
        using ArtifactStore again = Open();
        AssertAll(again);
        Sample.AssertAbsent(again, Sample.Key(1));
        Sample.AssertAbsent(again, Sample.Key(7));
        SpaceAssert.CountsAreThoseOfTheData(again);
    }

    private async Task RaceAsync()
    {
        bool hasRun = false;
        using ArtifactStore store = Open();
        Progress progress = new(() =>
        {
            // The first victim's copies are not published before the segment of copies is full, or all is done.
            if (!hasRun)
            {
                hasRun = true;
                Change(store);
            }
        });
        CompactionReport report = await store.CompactAsync(s_all, progress);
        Assert.True(hasRun);
        Assert.True(report.FoldedOutFiles >= 6, $"{report.FoldedOutFiles}");
        await store.FlushAsync();
        AssertAll(store);
        Assert.Equal(_samples.Count, store.GetStats().Artifacts);
        Assert.Equal(store.GetStats().LooseFiles, LooseFiles().Length);
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    /// <summary>Removes, overwrites and evicts, of payloads on their way out and on their way in.</summary>
    private void Change(ArtifactStore store)
    {
        store.RemoveAsync(Sample.Key(1)).AsTask().GetAwaiter().GetResult();
        store.RemoveAsync(Sample.Key(7)).AsTask().GetAwaiter().GetResult();
        _samples.Remove(1);
        _samples.Remove(7);
        PutAsync(store, 2, Threshold + 100).GetAwaiter().GetResult();
        PutAsync(store, 3, 100).GetAwaiter().GetResult();
        PutAsync(store, 8, 100).GetAwaiter().GetResult();
        store.Pin([.. _samples.Keys.Where(static k => k is not (4 or 9)).Select(Sample.Key)], "test");
        EvictionReport report = store.EvictAsync(new EvictionOptions { MaxBytes = 0 }).GetAwaiter().GetResult();
        Assert.Equal(2, report.Artifacts);
        _samples.Remove(4);
        _samples.Remove(9);
    }

    [Fact]
    public async Task Nothing_is_folded_in_that_the_cap_has_no_room_for()
    {
        using (ArtifactStore store = Open())
        {
            await AdoptAsync(store, 1, 1000);
            await AdoptAsync(store, 2, 1000);
            await MakeDeadAsync(store);
        }

        long live;
        using (ArtifactStore store = Open())
        {
            live = store.GetStats().LiveBytes;
        }

        using ArtifactStore capped = Open(maxBytes: live + 30);
        CompactionReport report = await capped.CompactAsync(s_all);
        Assert.Equal(1, report.FoldedInFiles);
        Assert.InRange(capped.GetStats().LiveBytes, 1, live + 30);
        AssertAll(capped);
        SpaceAssert.CountsAreThoseOfTheData(capped);
    }

    [Fact]
    public async Task The_large_payloads_of_a_long_record_go_out_piece_by_piece()
    {
        PackStoreOptions large = new() { LooseThresholdBytes = 64 << 20 };
        _samples[1] = new Sample(
        [
            new SampleOutput("a", Sample.Bytes(5 << 20)), new SampleOutput("b", Sample.Bytes(1 << 20)),
            new SampleOutput("c", Sample.Bytes((4 << 20) + 1)),
        ]);
        using (ArtifactStore store = _scratch.Open(large))
        {
            await _samples[1].PutAsync(store, Sample.Key(1));
            await MakeDeadAsync(store);
        }

        using ArtifactStore again = _scratch.Open(new PackStoreOptions());
        CompactionReport report = await again.CompactAsync(s_all);
        Assert.Equal((2, (9L << 20) + 1), (report.FoldedOutFiles, report.FoldedOutBytes));
        AssertAll(again);
        SpaceAssert.CountsAreThoseOfTheData(again);
    }

    private ArtifactStore Open(int threshold = Threshold, long? maxBytes = null) =>
        _scratch.Open(Options(threshold, maxBytes));

    private static PackStoreOptions Options(int threshold = Threshold, long? maxBytes = null) => new()
    {
        SegmentSizeBytes = 512 << 10,
        LooseThresholdBytes = threshold,
        FlushInterval = Timeout.InfiniteTimeSpan,
        MaxBytes = maxBytes,
        EvictWhenFull = false,
    };

    private async Task PutAsync(ArtifactStore store, int key, params int[] lengths)
    {
        _samples[key] = new Sample(
            [.. lengths.Select((length, i) => new SampleOutput($"{i}", Sample.Bytes(length, (100 * key) + i)))]);
        await _samples[key].PutAsync(store, Sample.Key(key));
    }

    private async Task AdoptAsync(
        ArtifactStore store, int key, int length, FileAdoption adoption = FileAdoption.Copy)
    {
        string path = _scratch.File($"source{key}", Sample.Bytes(length, key));
        await store.PutAsync(
            Sample.Key(key), new ArtifactOutcome(), [ArtifactPayload.FromFile("adopted", path, adoption)]);
        _samples[key] = new Sample(
            [new SampleOutput("adopted", Sample.Bytes(length, key)) { Mode = File.GetUnixFileMode(path) }]);
    }

    /// <summary>So that every segment is worth rewriting.</summary>
    private static async Task MakeDeadAsync(ArtifactStore store)
    {
        await Sample.OfLength(9000).PutAsync(store, Sample.Key(999));
        await store.RemoveAsync(Sample.Key(999));
        store.Engine.Exchange!.SealActive();
    }

    private string[] LooseFiles() =>
        Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories);

    private void AssertAll(ArtifactStore store)
    {
        foreach ((int key, Sample sample) in _samples)
        {
            sample.AssertIn(store, Sample.Key(key));
        }
    }

    private static (long, long, int, int, long) Numbers(CompactionReport report) => (
        report.FreedBytes, report.WrittenBytes, report.RemovedSegments, report.WrittenSegments,
        report.FoldedInBytes + report.FoldedOutBytes);

    private static (long, long, long, long, int) Numbers(CompactionTotals totals) => (
        totals.LiveBytes, totals.SegmentBytes, totals.DeadBytes, totals.LooseBytes, totals.Segments);

    private async Task AssertCleanAsync()
    {
        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(
            _scratch.Path, null, null, CancellationToken.None);
        Assert.Empty(report.Damage);
        Assert.Empty(report.Notes);
    }

    private sealed class Progress(Action reported) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => reported();
    }
}
