using System.Runtime.Versioning;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>The words of the system this one grew out of, and what each has to hold here.</summary>
[SupportedOSPlatform("linux")]
public sealed class SeedVocabularyTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly ArtifactKey _key = Sample.Key(1);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task CachedArtifact_is_metadata_that_can_be_read_without_its_payloads()
    {
        ArtifactOutcome outcome = new()
        {
            ExitCode = 3,
            StandardOutput = Sample.Bytes(10, 1),
            StandardError = Sample.Bytes(20, 2),
            Extra = Sample.Bytes(5, 3),
        };
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await store.PutAsync(_key, outcome,
            [ArtifactPayload.FromBytes("a.o", Sample.Bytes(5000)).With(mode: UnixFileMode.UserRead)]);
        // Without its only payload the artifact is no hit any more, and still says what it is.
        File.Delete(Assert.Single(Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories)));

        Assert.True(store.TryGetMetadata(_key, out ArtifactMetadata? metadata));
        Assert.Equal(_key, metadata.Key);
        Assert.Equal(3, metadata.ExitCode);
        Assert.Equal((10, 20), (metadata.StandardOutputLength, metadata.StandardErrorLength));
        Assert.Equal(Sample.Bytes(5, 3), metadata.Extra.ToArray());
        PayloadInfo payload = Assert.Single(metadata.Payloads);
        Assert.Equal(("a.o", 5000L, PayloadTier.Loose), (payload.Name, payload.Length, payload.Tier));
        Assert.Equal(UnixFileMode.UserRead, payload.Mode);
        Assert.True(metadata.LastUsed <= metadata.StoredAt);
    }

    [Fact]
    public async Task CachedArtifact_is_handed_to_many_readers()
    {
        Sample sample = Sample.OfLength(70_000);
        using ArtifactStore store = _scratch.Open();
        await sample.PutAsync(store, _key);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                sample.AssertIn(store, _key);
            }
        })));
    }

    [Fact]
    public async Task CachedPayload_Bytes_is_a_range_of_a_segment()
    {
        Sample sample = Sample.OfLength(1000);
        using ArtifactStore store = _scratch.Open();
        await sample.PutAsync(store, _key);

        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.Null(sample.Difference(lease));
        PayloadInfo info = lease.GetInfo(0);
        Assert.Equal((PayloadTier.Pack, PayloadEncoding.Raw), (info.Tier, info.Encoding));
        byte[] segment = File.ReadAllBytes(_scratch.Inside($"segments/{info.SegmentId:x8}.seg"));
        Assert.Equal(sample.Outputs[0].Bytes, segment[(int)info.SegmentOffset..][..1000]);
    }

    [Fact]
    public async Task CachedPayload_Bytes_may_be_compressed()
    {
        Sample sample = new([new SampleOutput("out", Sample.Text(10_000), PayloadEncoding.Zstd)]);
        using ArtifactStore store = _scratch.Open();
        await sample.PutAsync(store, _key);

        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.Null(sample.Difference(lease));
        Assert.Equal(PayloadEncoding.Zstd, lease.GetInfo(0).Encoding);
        Assert.InRange(lease.GetInfo(0).StoredLength, 1, 5_000);
    }

    [Fact]
    public async Task CachedPayload_File_is_one_file_with_the_key_in_its_name()
    {
        Sample sample = new(
            [new SampleOutput("small", Sample.Bytes(10)), new SampleOutput("large", Sample.Bytes(2048))]);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await sample.PutAsync(store, _key);

        sample.AssertIn(store, _key);
        string file = _scratch.Inside($"loose/{_key.ToString()[..2]}/{_key}_1");
        Assert.Equal(sample.Outputs[1].Bytes, await File.ReadAllBytesAsync(file));
        Assert.Single(Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task CachedPayload_PendingFile_is_a_hit_at_once_and_stays_one_without_its_source()
    {
        byte[] bytes = Sample.Bytes(5000);
        string source = _scratch.File("source", bytes);
        Sample sample = new([new SampleOutput("out", bytes) { Mode = File.GetUnixFileMode(source) }]);
        using ArtifactStore store = _scratch.Open();
        using (PendingHold.Of(store))
        {
            await store.PutAsync(_key, ArtifactOutcome.Success, [ArtifactPayload.FromPendingFile("out", source)]);
            sample.AssertIn(store, _key);
            using PayloadLease pending = store.EnsurePayloads(_key);
            Assert.Equal(PayloadTier.Pending, pending.GetInfo(0).Tier);
        }

        await store.FlushAsync();
        File.Delete(source);
        sample.AssertIn(store, _key);
        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.Equal(PayloadTier.Pack, lease.GetInfo(0).Tier);
    }

    [Theory]
    [InlineData("delete", PayloadEncoding.Raw)]
    [InlineData("shorten", PayloadEncoding.Raw)]
    [InlineData("change", PayloadEncoding.Raw)]
    [InlineData("change", PayloadEncoding.Zstd)]
    [InlineData("lengthen", PayloadEncoding.Raw)]
    public async Task CachedPayload_PendingFile_whose_source_is_not_what_it_was_is_a_miss(
        string change, PayloadEncoding encoding)
    {
        string source = _scratch.File("source", Sample.Text(5000));
        using ArtifactStore store = _scratch.Open();
        using (PendingHold.Of(store))
        {
            await store.PutAsync(
                _key, ArtifactOutcome.Success, [ArtifactPayload.FromPendingFile("out", source).With(encoding)]);
            switch (change)
            {
                case "delete":
                    File.Delete(source);
                    break;
                case "change":
                    File.WriteAllBytes(source, Sample.Text(5000, seed: 2));
                    break;
                default:
                    File.WriteAllBytes(source, Sample.Text(change == "shorten" ? 4999 : 5001));
                    break;
            }

            using PayloadLease lease = store.EnsurePayloads(_key);
            Assert.False(lease.IsHit);
        }

        await store.FlushAsync();
        Sample.AssertAbsent(store, _key);
        Assert.Equal(0, store.GetStats().Artifacts);
    }

    [Fact]
    public async Task From_artifact_data_puts_bytes()
    {
        Sample sample = new([new SampleOutput("a", Sample.Bytes(10)), new SampleOutput("b", [])]);
        using ArtifactStore store = _scratch.Open();
        await sample.PutAsync(store, _key);

        sample.AssertIn(store, _key);
    }

    [Theory]
    [InlineData(FileAdoption.Auto, 100, PayloadTier.Pack)]
    [InlineData(FileAdoption.Auto, 5000, PayloadTier.Loose)]
    [InlineData(FileAdoption.Reflink, 100, PayloadTier.Loose)]
    [InlineData(FileAdoption.HardLink, 100, PayloadTier.Loose)]
    [InlineData(FileAdoption.Copy, 0, PayloadTier.Loose)]
    [InlineData(FileAdoption.HardLink, 0, PayloadTier.Loose)]
    public async Task From_file_payloads_adopts_files(FileAdoption adoption, int length, PayloadTier tier)
    {
        byte[] bytes = Sample.Bytes(length);
        string source = _scratch.File("source", bytes);
        File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Sample sample = new([new SampleOutput("out", bytes) { Mode = File.GetUnixFileMode(source) }]);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await store.PutAsync(_key, ArtifactOutcome.Success, [ArtifactPayload.FromFile("out", source, adoption)]);

        sample.AssertIn(store, _key);
        Assert.True(store.TryGetMetadata(_key, out ArtifactMetadata? metadata));
        Assert.Equal(tier, metadata.Payloads[0].Tier);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(source));
    }

    [Theory]
    [InlineData(FileAdoption.Auto)]
    [InlineData(FileAdoption.HardLink)]
    public async Task From_file_payloads_never_serves_what_the_source_became(FileAdoption adoption)
    {
        Sample sample = Sample.OfLength(5000);
        string source = _scratch.File("source", sample.Outputs[0].Bytes);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await store.PutAsync(_key, ArtifactOutcome.Success, [ArtifactPayload.FromFile("out", source, adoption)]);
        using (FileStream file = File.OpenWrite(source))
        {
            file.WriteByte((byte)(sample.Outputs[0].Bytes[0] ^ 1));
        }

        using PayloadLease lease = store.EnsurePayloads(_key);
        // An inode that is shared tells; one of its own does not even notice.
        Assert.Equal(adoption == FileAdoption.Auto, lease.IsHit);
    }

    [Fact]
    public async Task From_pending_payloads_persists_in_the_background()
    {
        string source = _scratch.File("source", Sample.Bytes(5000));
        using (ArtifactStore store = _scratch.Open())
        {
            await store.PutAsync(_key, ArtifactOutcome.Success,
            [
                ArtifactPayload.FromBytes("bytes", Sample.Bytes(7)),
                ArtifactPayload.FromPendingFile("file", source),
            ]);
        }

        File.Delete(source);
        using ArtifactStore reopened = _scratch.Open();
        using PayloadLease lease = reopened.EnsurePayloads(_key);
        Assert.True(lease.IsHit);
        Assert.Equal(Sample.Bytes(7), lease[0].ToArray());
        Assert.Equal(Sample.Bytes(5000), lease[1].ToArray());
    }

    [Fact]
    public async Task From_index_is_what_an_open_gives()
    {
        Sample sample = Sample.OfLength(100);
        using (ArtifactStore store = _scratch.Open())
        {
            await sample.PutAsync(store, _key);
        }

        using ArtifactStore reopened = _scratch.Open();
        Assert.True(reopened.TryGetMetadata(_key, out _));
        sample.AssertIn(reopened, _key);
    }

    [Fact]
    public async Task Ensure_payloads_does_not_remember_a_miss()
    {
        using ArtifactStore store = _scratch.Open();
        Sample.AssertAbsent(store, _key);
        Sample sample = Sample.OfLength(100);
        await sample.PutAsync(store, _key);

        sample.AssertIn(store, _key);
    }

    [Fact]
    public async Task Ensure_payloads_is_never_partial()
    {
        Sample sample = new([.. Enumerable.Range(0, 4).Select(i => new SampleOutput($"{i}", Sample.Bytes(2000, i)))]);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await sample.PutAsync(store, _key);
        File.Delete(_scratch.Inside($"loose/{_key.ToString()[..2]}/{_key}_2"));

        using (PayloadLease lease = store.EnsurePayloads(_key))
        {
            Assert.False(lease.IsHit);
        }

        await sample.PutAsync(store, _key);
        sample.AssertIn(store, _key);
    }

    [Fact]
    public async Task Ensure_payloads_is_never_wrong()
    {
        Sample sample = new([new SampleOutput("a", Sample.Bytes(2000)), new SampleOutput("b", Sample.Bytes(100))]);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        await sample.PutAsync(store, _key);
        string file = _scratch.Inside($"loose/{_key.ToString()[..2]}/{_key}_0");
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[1234] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.False(lease.IsHit);
    }
}
