using PackStore.Format;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>Damage that a compaction meets is told, kept in quarantine, and costs only what it has hit.</summary>
public sealed class CompactionDamageTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 32 << 10,
        LooseThresholdBytes = 16 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    private static readonly CompactionOptions s_all = new() { DeadRatio = 0 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_payload_is_reported_put_away_and_does_not_uncover_an_older_version(bool losesIndex)
    {
        using ScratchStore scratch = new();
        using (ArtifactStore store = scratch.Open(s_options))
        {
            await PutAsync(store, version: 1, keys: 8);
            await PutAsync(store, version: 2, keys: 8);
            await PutAsync(store, version: 3, keys: 2);
            await store.FlushAsync();
            (string file, long offset) = PlaceOf(store, 5);
            Flip(scratch.Inside(file), offset + 1500);

            CompactionReport report = await store.CompactAsync(s_all);

            VerifyFinding finding = Assert.Single(report.Damage);
            Assert.Equal((VerifyFindingKind.Payload, file), (finding.Kind, finding.File));
            Assert.Equal(SampleArtifact.Key(5), finding.Key);
            Assert.Contains(
                scratch.Files(), f => f == $"quarantine/{file[(file.IndexOf('/', StringComparison.Ordinal) + 1)..]}");
            Assert.DoesNotContain(file, scratch.Files());
            AssertFound(store);
            Assert.Empty((await store.CompactAsync(s_all)).Damage);
        }

        if (losesIndex)
        {
            Directory.Delete(scratch.Inside("index"), recursive: true);
        }

        using ArtifactStore again = scratch.Open(s_options);
        AssertFound(again);
        VerifyReport verified = await ArtifactStore.VerifyDirectoryAsync(scratch.Path, null, null, default);
        Assert.Empty(verified.Damage);

        static void AssertFound(ArtifactStore store)
        {
            for (int key = 0; key < 8; key++)
            {
                Assert.Equal(key == 5 ? 0 : key < 2 ? 3 : 2, SampleArtifact.VersionOf(store, key));
            }
        }
    }

    [Fact]
    public async Task A_damaged_header_costs_its_record_only()
    {
        using ScratchStore scratch = new();
        using ArtifactStore store = scratch.Open(s_options);
        await PutAsync(store, 1, 8);
        await PutAsync(store, 2, 8);
        await store.FlushAsync();
        (string file, long offset) = PlaceOf(store, 5);
        Flip(scratch.Inside(file), HeaderBefore(scratch.Inside(file), offset) + 20);

        CompactionReport report = await store.CompactAsync(s_all);

        Assert.Equal(VerifyFindingKind.Header, Assert.Single(report.Damage).Kind);
        for (int key = 0; key < 8; key++)
        {
            Assert.Equal(key == 5 ? 0 : 2, SampleArtifact.VersionOf(store, key));
        }

        Assert.Equal(7, store.GetStats().Artifacts);
        Assert.Single(scratch.Files(), static f => f.StartsWith("quarantine/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_directory_is_walked_around()
    {
        using ScratchStore scratch = new();
        using (ArtifactStore store = scratch.Open(s_options))
        {
            await PutAsync(store, 1, 8);
            await PutAsync(store, 2, 8);
            await PutAsync(store, 3, 3);
        }

        Flip(scratch.Inside(StoreFileNames.Segment(1)), FooterOf(scratch, 1) + 130);
        using (ArtifactStore store = scratch.Open(s_options))
        {
            CompactionReport report = await store.CompactAsync(s_all);

            Assert.Contains(report.Damage, static f => f.Kind == VerifyFindingKind.Directory);
            for (int key = 0; key < 8; key++)
            {
                Assert.Equal(key < 3 ? 3 : 2, SampleArtifact.VersionOf(store, key));
            }

            Assert.Equal(0, (await store.CompactAsync(s_all)).RemovedSegments);
        }

        Assert.Empty((await ArtifactStore.VerifyDirectoryAsync(scratch.Path, null, null, default)).Damage);
    }

    [Fact]
    public async Task A_segment_that_cannot_be_read_now_is_left_alone_and_the_others_are_done()
    {
        const int Eio = 5;
        MemoryDirectory disk = new();
        FaultingDirectory faulting = new(disk);
        using ArtifactStore store = ArtifactStore.OpenOver(faulting, s_options);
        await PutAsync(store, 1, 8);
        await PutAsync(store, 2, 8);
        await PutAsync(store, 3, 3);
        await store.FlushAsync();
        faulting.Plan = new FaultPlan
        {
            Errno = Eio,
            IsLasting = true,
            Matches = static (operation, name) => operation == StoreOperation.Read && name == StoreFileNames.Segment(2),
        };

        CompactionReport report = await store.CompactAsync(s_all);
        faulting.Plan = null;

        Assert.Equal(1, report.SkippedSegments);
        Assert.True(report.RemovedSegments > 0);
        Assert.Empty(report.Damage);
        Assert.Contains(disk.List("segments"), static e => e.Name == "00000002.seg");
        for (int key = 0; key < 8; key++)
        {
            Assert.Equal(key < 3 ? 3 : 2, SampleArtifact.VersionOf(store, key));
        }

        Assert.Equal(0, (await store.CompactAsync(s_all)).SkippedSegments);
    }

    private static long FooterOf(ScratchStore scratch, int segment)
    {
        byte[] bytes = File.ReadAllBytes(scratch.Inside(StoreFileNames.Segment(segment)));
        return BitConverter.ToInt64(bytes, bytes.Length - SegmentTrailerLayout.Size + 32);
    }

    private static (string File, long Offset) PlaceOf(ArtifactStore store, int key)
    {
        Assert.True(store.TryGetMetadata(SampleArtifact.Key(key), out ArtifactMetadata? metadata));
        return (StoreFileNames.Segment(metadata.Payloads[0].SegmentId), metadata.Payloads[0].SegmentOffset);
    }

    /// <summary>Where the record of a payload starts.</summary>
    private static long HeaderBefore(string path, long payload)
    {
        byte[] bytes = File.ReadAllBytes(path);
        for (long at = payload & ~63L; ; at -= FormatLimits.RecordAlignment)
        {
            if (bytes.AsSpan((int)at, 4).SequenceEqual("PKR1"u8))
            {
                return at;
            }
        }
    }

    private static async Task PutAsync(ArtifactStore store, int version, int keys)
    {
        for (int key = 0; key < keys; key++)
        {
            await store.PutManyAsync([SampleArtifact.Put(key, version, 3000)]);
        }
    }

    private static void Flip(string path, long offset)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int was = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(was ^ 0x10));
    }
}
