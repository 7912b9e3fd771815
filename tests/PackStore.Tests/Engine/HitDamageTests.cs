using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>Damage on disk is a miss of the artifact it hit and of no other, and a later put cures it.</summary>
public sealed class HitDamageTests : IDisposable
{
    private const int Count = 20;
    private const int Hit = 7;
    private readonly ScratchStore _scratch = new();
    private readonly PackStoreOptions _options = new() { LooseThresholdBytes = 4096 };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(ChecksumPolicy.FirstTouch, false)]
    [InlineData(ChecksumPolicy.Always, false)]
    [InlineData(ChecksumPolicy.FirstTouch, true)]
    public async Task A_flipped_payload_byte_is_a_miss(ChecksumPolicy checksums, bool loseIndex)
    {
        PayloadInfo info = await FillAsync(length: 1000);
        Change(_scratch.Inside($"segments/{info.SegmentId:x8}.seg"), bytes => bytes[info.SegmentOffset + 500] ^= 0x10);
        if (loseIndex)
        {
            Directory.Delete(_scratch.Inside("index"), recursive: true);
        }

        PackStoreOptions options = new() { Checksums = checksums };
        using (ArtifactStore store = _scratch.Open(options))
        {
            AssertOthers(store, 1000);
            Assert.False(IsHit(store));
            Assert.False(IsHit(store));
            Assert.Equal((Count - 1, Count - 1), (store.GetStats().Artifacts, store.GetStats().Payloads));
            await Sample.OfLength(77).PutAsync(store, Sample.Key(Hit));
            Sample.OfLength(77).AssertIn(store, Sample.Key(Hit));
            Assert.Equal(Count, store.GetStats().Artifacts);
        }

        using ArtifactStore reopened = _scratch.Open(options);
        AssertOthers(reopened, 1000);
        Sample.OfLength(77).AssertIn(reopened, Sample.Key(Hit));
        Assert.Equal(Count, reopened.GetStats().Artifacts);
    }

    [Fact]
    public async Task Any_flipped_byte_of_a_record_hits_that_artifact_only()
    {
        PayloadInfo info = await FillAsync(length: 100);
        string segment = _scratch.Inside($"segments/{info.SegmentId:x8}.seg");
        byte[] sound = await File.ReadAllBytesAsync(segment);
        long record = info.SegmentOffset & ~63L;
        for (long at = record - 256; at < info.SegmentOffset + 100; at += 5)
        {
            byte[] bytes = [.. sound];
            bytes[at] ^= 1;
            await File.WriteAllBytesAsync(segment, bytes);
            using ArtifactStore store = _scratch.Attach();
            int hits = 0;
            for (int i = 0; i < Count; i++)
            {
                using PayloadLease lease = store.EnsurePayloads(Sample.Key(i));
                Assert.Null(lease.IsHit ? Sample.OfLength(100, i).Difference(lease) : null);
                hits += lease.IsHit ? 1 : 0;
            }

            Assert.InRange(hits, Count - 1, Count);
        }
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("flipped")]
    public async Task A_damaged_loose_file_is_a_miss(string damage)
    {
        await FillAsync(length: 5000);
        string hex = Sample.Key(Hit).ToString();
        string file = _scratch.Inside($"loose/{hex[..2]}/{hex}_0");
        switch (damage)
        {
            case "missing":
                File.Delete(file);
                break;
            case "flipped":
                Change(file, bytes => bytes[4999] ^= 0x80);
                break;
            default:
                await File.WriteAllBytesAsync(file, new byte[damage == "short" ? 4999 : 5001]);
                break;
        }

        using ArtifactStore store = _scratch.Open(_options);
        AssertOthers(store, 5000);
        Assert.False(IsHit(store));
        await Sample.OfLength(5000, Hit).PutAsync(store, Sample.Key(Hit));
        Sample.OfLength(5000, Hit).AssertIn(store, Sample.Key(Hit));
        await store.FlushAsync();
        Sample.OfLength(5000, Hit).AssertIn(store, Sample.Key(Hit));
        Assert.Equal((Count, Count), (store.GetStats().Artifacts, store.GetStats().LooseFiles));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(5000)]
    public async Task A_shortened_segment_serves_what_is_left(int length)
    {
        await FillAsync(length: 1000);
        string segment = Assert.Single(Directory.GetFiles(_scratch.Inside("segments")));
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        await File.WriteAllBytesAsync(segment, bytes[..length]);
        using ArtifactStore store = _scratch.Open(_options);
        int hits = 0;
        for (int i = 0; i < Count; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(i));
            Assert.Null(lease.IsHit ? Sample.OfLength(1000, i).Difference(lease) : null);
            hits += lease.IsHit ? 1 : 0;
        }

        Assert.InRange(hits, length == 5000 ? 2 : 0, length / 1000);
        await Sample.OfLength(9).PutAsync(store, Sample.Key(Hit));
        Sample.OfLength(9).AssertIn(store, Sample.Key(Hit));
    }

    [Fact]
    public async Task Overwrites_of_loose_payloads_never_make_a_reader_miss()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await Sample.OfLength(5000, 0).PutAsync(store, Sample.Key(1));
        using CancellationTokenSource done = new();
        Task<int> reader = Task.Run(() =>
        {
            int misses = 0;
            while (!done.IsCancellationRequested)
            {
                using PayloadLease lease = store.EnsurePayloads(Sample.Key(1));
                misses += lease.IsHit ? 0 : 1;
            }

            return misses;
        });
        for (int i = 1; i < 300; i++)
        {
            await Sample.OfLength(5000, i).PutAsync(store, Sample.Key(1));
            await store.FlushAsync();
        }

        await done.CancelAsync();
        Assert.Equal(0, await reader);
    }

    private static bool IsHit(ArtifactStore store)
    {
        using PayloadLease lease = store.EnsurePayloads(Sample.Key(Hit));
        return lease.IsHit;
    }

    private static void AssertOthers(ArtifactStore store, int length)
    {
        for (int i = 0; i < Count; i++)
        {
            if (i != Hit)
            {
                Sample.OfLength(length, i).AssertIn(store, Sample.Key(i));
            }
        }
    }

    private static void Change(string file, Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }

    private async Task<PayloadInfo> FillAsync(int length)
    {
        using ArtifactStore store = _scratch.Open(_options);
        for (int i = 0; i < Count; i++)
        {
            await Sample.OfLength(length, i).PutAsync(store, Sample.Key(i));
        }

        Assert.True(store.TryGetMetadata(Sample.Key(Hit), out ArtifactMetadata? metadata));
        return metadata.Payloads[0];
    }
}
