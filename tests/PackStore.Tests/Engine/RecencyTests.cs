using System.Diagnostics;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>When an artifact was last used, and the counts and sizes that a store tells of itself.</summary>
public sealed class RecencyTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly ManualClock _clock = new();
    private readonly PackStoreOptions _options;
    private readonly ArtifactKey _key = Sample.Key(1);

    public RecencyTests() => _options = new PackStoreOptions { TimeProvider = _clock, LooseThresholdBytes = 4096 };

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_hit_is_a_use_and_a_peek_is_none()
    {
        using ArtifactStore store = _scratch.Open(_options);
        DateTimeOffset start = _clock.Now;
        await Sample.OfLength(10).PutAsync(store, _key);
        Assert.Equal(start, LastUsed(store));

        _clock.Advance(TimeSpan.FromHours(5));
        store.PeekPayloads(_key).Dispose();
        Assert.True(store.Contains(_key));
        Assert.Equal(start, LastUsed(store));

        store.EnsurePayloads(_key).Dispose();
        Assert.Equal(_clock.Now, LastUsed(store));
        _clock.Advance(TimeSpan.FromMinutes(59));
        store.EnsurePayloads(_key).Dispose();
        Assert.Equal(start.AddHours(5), LastUsed(store));
        using PayloadBatch batch = store.EnsurePayloads([_key], new PayloadBatchSlot[1]);
        Assert.Equal(start.AddHours(5), batch[0].Metadata.LastUsed);
    }

    [Fact]
    public async Task The_lease_of_a_use_tells_that_use()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await Sample.OfLength(10).PutAsync(store, _key);
        _clock.Advance(TimeSpan.FromHours(3));
        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.Equal(_clock.Now, lease.Metadata.LastUsed);
    }

    [Theory]
    [InlineData(-48, -24)]
    [InlineData(-24, -48)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    public async Task Times_that_a_put_carries_over_are_kept(int storedHours, int usedHours)
    {
        using (_scratch.Open(_options))
        {
        }

        _clock.Advance(TimeSpan.FromHours(1000));
        DateTimeOffset stored = _clock.Now.AddHours(storedHours);
        DateTimeOffset used = _clock.Now.AddHours(usedHours);
        using ArtifactStore store = _scratch.Open(_options);
        await store.PutAsync(_key, new ArtifactOutcome { StoredAt = stored, LastUsed = used }, []);
        Assert.True(store.TryGetMetadata(_key, out ArtifactMetadata? metadata));
        Assert.Equal(stored, metadata.StoredAt);
        Assert.Equal(used > stored ? used : stored, metadata.LastUsed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recency_survives_a_clean_close(bool many)
    {
        DateTimeOffset start = _clock.Now;
        using (ArtifactStore store = _scratch.Open(_options))
        {
            for (int i = 0; i < (many ? 5000 : 2); i++)
            {
                await Sample.OfLength(10).PutAsync(store, Sample.Key(i));
            }

            _clock.Advance(TimeSpan.FromHours(7));
            store.EnsurePayloads(_key).Dispose();
        }

        _clock.Advance(TimeSpan.FromHours(7));
        using ArtifactStore reopened = _scratch.Open(_options);
        Assert.Equal(start.AddHours(7), LastUsed(reopened));
        Assert.True(reopened.TryGetMetadata(Sample.Key(0), out ArtifactMetadata? other));
        Assert.Equal(start, other.LastUsed);
    }

    [Fact]
    public async Task A_use_by_a_read_only_process_is_passed_on_to_the_next_writer()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await Sample.OfLength(10).PutAsync(store, _key);
        }

        _clock.Advance(TimeSpan.FromHours(9));
        DateTimeOffset used = _clock.Now;
        using (ArtifactStore reader = _scratch.Attach(_options))
        {
            reader.EnsurePayloads(_key).Dispose();
        }

        _clock.Advance(TimeSpan.FromHours(9));
        using (ArtifactStore store = _scratch.Open(_options))
        {
            Assert.Equal(used, LastUsed(store));
        }

        Assert.DoesNotContain(_scratch.Files(), f => f.EndsWith(".use", StringComparison.Ordinal));
        using ArtifactStore again = _scratch.Open(_options);
        Assert.Equal(used, LastUsed(again));
    }

    [Fact]
    public async Task Stats_add_up()
    {
        Dictionary<int, Sample> model = [];
        using ArtifactStore store = _scratch.Open(new PackStoreOptions
        {
            TimeProvider = _clock,
            LooseThresholdBytes = 4096,
            SegmentSizeBytes = 64 << 10,
        });
        for (int i = 0; i < 300; i++)
        {
            Sample sample = new(
                [.. Enumerable.Range(0, i % 4)
                    .Select(n => new SampleOutput($"{n}", Sample.Bytes((i * 37) % 6000, i)))]);
            await sample.PutAsync(store, Sample.Key(i % 100));
            model[i % 100] = sample;
            if (i % 11 == 0)
            {
                Assert.True(await store.RemoveAsync(Sample.Key(i % 100)));
                model.Remove(i % 100);
            }
        }

        await store.FlushAsync();
        StoreStats stats = store.GetStats();
        byte[][] loose = [.. model.Values.SelectMany(s => s.Outputs).Select(o => o.Bytes).Where(b => b.Length >= 4096)];
        Assert.Equal(model.Count, stats.Artifacts);
        Assert.Equal(model.Values.Sum(s => s.Outputs.Count), stats.Payloads);
        Assert.Equal((loose.Length, loose.Sum(b => (long)b.Length)), (stats.LooseFiles, stats.LooseBytes));
        Assert.Equal(loose.Length,
            Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories).Length);
        FileInfo[] segments = new DirectoryInfo(_scratch.Inside("segments")).GetFiles();
        Assert.Equal(segments.Length, stats.Segments);
        Assert.Equal(
            segments.Sum(f => f.Length) - (segments.Length * (long)PackStore.Format.SegmentHeaderLayout.Size),
            stats.LiveBytes - stats.LooseBytes + stats.DeadBytes + stats.ReservedBytes);
        Assert.Equal(model.Count, stats.Ages.Sum(a => a.Artifacts));
        Assert.Equal(model.Count, stats.Ages[0].Artifacts);
        Assert.Equal(64 << 10, stats.SegmentSizeBytes);
        Assert.Equal(DiskUsage(), store.GetStats().DiskBytes);
    }

    [Fact]
    public async Task Ages_are_told_in_bars()
    {
        using ArtifactStore store = _scratch.Open(_options);
        int[] hours = [0, 2, 30, 200, 1000];
        for (int i = hours.Length - 1; i >= 0; i--)
        {
            _clock.Advance(TimeSpan.FromHours(i == hours.Length - 1 ? 0 : hours[i + 1] - hours[i]));
            await Sample.OfLength(1).PutAsync(store, Sample.Key(i));
        }

        Assert.Equal([1, 1, 1, 1, 1], store.GetStats().Ages.Select(a => (int)a.Artifacts));
    }

    private DateTimeOffset LastUsed(ArtifactStore store)
    {
        Assert.True(store.TryGetMetadata(_key, out ArtifactMetadata? metadata));
        return metadata.LastUsed;
    }

    private long DiskUsage()
    {
        using Process du = Process.Start(
            new ProcessStartInfo("du", ["-sB1", _scratch.Path]) { RedirectStandardOutput = true })!;
        string text = du.StandardOutput.ReadToEnd();
        du.WaitForExit();
        return long.Parse(text.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
