using PackStore.Format;
using PackStore.Verification;
using Xunit;

namespace PackStore.Tests.Verification;

/// <summary>What is no damage, and what verification never does.</summary>
public sealed class VerifyCleanTests
{
    [Theory]
    [InlineData(VerifyLevel.Full)]
    [InlineData(VerifyLevel.Headers)]
    [InlineData(VerifyLevel.Index)]
    public async Task A_sound_store_is_clean_at_each_level(VerifyLevel level)
    {
        using SampleStore sample = await SampleStore.CreateAsync();

        VerifyReport report = await sample.VerifyAsync(level);

        Assert.Empty(report.Damage);
        Assert.Empty(report.Notes);
        Assert.Equal(level, report.Level);
        Assert.Equal(62, report.Records);
        Assert.Equal(Directory.GetFiles(sample.File("segments")).Length, report.Segments);
        Assert.Equal(level == VerifyLevel.Index ? 0 : 6, report.LooseFiles);
        Assert.Equal((0, 0, 0), (report.LostArtifacts, report.LostPayloads, report.LostBytes));
    }

    [Fact]
    public async Task Hints_that_are_gone_are_only_notes()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        Directory.Delete(sample.File("index"), recursive: true);
        File.Delete(sample.File("HEAD"));

        VerifyReport report = await sample.VerifyAsync();

        Assert.Empty(report.Damage);
        Assert.Contains(report.Notes, n => n.Contains("HEAD", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.Contains(".idx", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_store_without_segments_is_clean()
    {
        using SampleStore sample = new();
        ArtifactStore.Open(sample.Path).Dispose();
        File.Delete(sample.File("CHECKPOINT"));
        File.Delete(sample.File("CHECKPOINT.old"));

        Assert.Empty((await sample.VerifyAsync()).Damage);
    }

    [Fact]
    public async Task An_empty_directory_is_not_a_store()
    {
        using SampleStore sample = new();

        await Assert.ThrowsAsync<NotAStoreException>(() => sample.VerifyAsync());
    }

    [Fact]
    public async Task A_newer_version_is_refused()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        byte[] bytes = await File.ReadAllBytesAsync(sample.File("STORE"));
        bytes[StoreIdentityLayout.VersionOffset] = 2;
        BitConverter.TryWriteBytes(
            bytes.AsSpan(StoreIdentityLayout.ChecksumOffset),
            Checksum.Of(bytes.AsSpan(0, StoreIdentityLayout.ChecksumOffset)));
        await File.WriteAllBytesAsync(sample.File("STORE"), bytes);

        await Assert.ThrowsAsync<UnsupportedFormatException>(() => sample.VerifyAsync());
    }

    [Fact]
    public async Task Nothing_is_changed()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        string[] files = Directory.GetFiles(sample.Path, "*", SearchOption.AllDirectories);
        (byte[], DateTime)[] before = [.. files.Select(f => (File.ReadAllBytes(f), File.GetLastWriteTimeUtc(f)))];

        await sample.VerifyAsync();

        Assert.Equal(files, Directory.GetFiles(sample.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(before, files.Select(f => (File.ReadAllBytes(f), File.GetLastWriteTimeUtc(f))));
    }

    [Fact]
    public async Task Cancellation_is_told_as_such()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        using CancellationTokenSource stop = new();
        CancelOnReport progress = new(stop);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StoreVerifier.RunAsync(sample.Path, new VerifyOptions(), progress, stop.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public async Task A_sample_is_a_share(double share)
    {
        using SampleStore sample = new();

        await Assert.ThrowsAsync<ArgumentException>(() => sample.VerifyAsync(sample: share));
    }

    [Fact]
    public async Task A_sample_reads_some_payloads_and_the_same_ones_each_time()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        foreach (SampleRecordPlace record in sample.Records().Where(r => r.Header.Kind == RecordKind.Artifact))
        {
            sample.Flip(record.File, record.PayloadAt(0));
        }

        VerifyReport first = await sample.VerifyAsync(sample: 0.5);
        VerifyReport second = await sample.VerifyAsync(sample: 0.5);

        Assert.InRange(first.Damage.Count, 5, 55);
        Assert.Equal(first.Damage.Select(d => d.ToString()), second.Damage.Select(d => d.ToString()));
    }

    [Fact]
    public async Task A_writer_beside_it_is_never_taken_for_damage()
    {
        using SampleStore sample = new();
        await using ArtifactStore store = ArtifactStore.Open(sample.Path, SampleStore.Options);
        using CancellationTokenSource stop = new();
        Task writing = WriteAsync(store, stop.Token);
        for (int i = 0; i < 30; i++)
        {
            VerifyReport report = await store.VerifyAsync(new VerifyOptions { Level = (VerifyLevel)(i % 3) });
            Assert.Empty(report.Damage);
            Assert.Equal(0, report.LostArtifacts);
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task A_store_that_was_not_closed_is_clean()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        await using ArtifactStore store = ArtifactStore.Open(sample.Path, SampleStore.Options);
        for (int i = 0; i < 9; i++)
        {
            await SampleStore.PutAsync(store, i, 2);
        }

        using SampleStore copy = sample.Copy();

        VerifyReport report = await copy.VerifyAsync();
        Assert.Empty(report.Damage);
        Assert.Equal(62 + 9, report.Records);
        File.Delete(copy.File("HEAD"));
        report = await copy.VerifyAsync();
        Assert.Empty(report.Damage);
        Assert.Equal(62 + 9, report.Records);
    }

    [Fact]
    public async Task A_torn_tail_is_only_a_note()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        await using ArtifactStore store = ArtifactStore.Open(sample.Path, SampleStore.Options);
        await SampleStore.PutAsync(store, 7, 2);
        using SampleStore copy = sample.Copy();
        SampleRecordPlace last = copy.Record(7);
        copy.Flip(last.File, last.PayloadAt(0));
        File.Delete(copy.File("HEAD"));

        VerifyReport report = await copy.VerifyAsync();

        Assert.Empty(report.Damage);
        Assert.Contains(report.Notes, n => n.Contains("torn tail", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_head_is_never_damage()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        byte[] bytes = await File.ReadAllBytesAsync(sample.File("HEAD"));
        for (int at = 0; at < HeadLayout.Size; at++)
        {
            foreach (byte bit in new byte[] { 1, 4, 0x80 })
            {
                bytes[at] ^= bit;
                await File.WriteAllBytesAsync(sample.File("HEAD"), bytes);
                Assert.Empty((await sample.VerifyAsync()).Damage);
                bytes[at] ^= bit;
            }
        }
    }

    private static async Task WriteAsync(ArtifactStore store, CancellationToken stop)
    {
        for (int i = 0; i < 20_000 && !stop.IsCancellationRequested; i++)
        {
            await SampleStore.PutAsync(store, i % 50, i);
            if (i % 7 == 0)
            {
                await store.RemoveAsync(SampleStore.Key((i + 3) % 50), CancellationToken.None);
            }

            if (i % 50 == 0)
            {
                await store.FlushAsync(CancellationToken.None);
            }
        }
    }

    private sealed class CancelOnReport(CancellationTokenSource stop) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => stop.Cancel();
    }
}
