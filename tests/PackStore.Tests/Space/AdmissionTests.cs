using System.Buffers;
using System.IO.Pipelines;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>A put is charged before it is written: the cap holds at every instant, whatever way the bytes come
/// in.</summary>
public sealed class AdmissionTests : IDisposable
{
    private const long Cap = 256 << 10;
    private readonly ScratchStore _scratch = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_cap_holds_at_every_instant_and_the_newest_stay()
    {
        using ArtifactStore store = _scratch.Open(Options());
        for (int i = 0; i < 1000; i++)
        {
            if (i % 50 == 0)
            {
                _clock.Advance(TimeSpan.FromHours(1));
            }

            await Sample.OfLength(i % 10 == 0 ? 20 << 10 : 1000, i).PutAsync(store, Sample.Key(i));
            Assert.InRange(store.Engine.Core.Accounting.LiveBytes, 0, Cap);
            Assert.Equal(0, store.Engine.Admission.Charged);
        }

        Assert.InRange(store.Engine.Core.Accounting.LiveBytes, Cap / 2, Cap);
        Assert.True(store.Contains(Sample.Key(999)));
        Assert.True(store.Contains(Sample.Key(950)));
        Assert.False(store.Contains(Sample.Key(0)));
    }

    [Fact]
    public async Task Many_writers_together_stay_below_the_cap()
    {
        using ArtifactStore store = _scratch.Open(Options());
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 300; i++)
                {
                    int number = (t * 1000) + i;
                    Sample.OfLength(number % 3 == 0 ? 9000 : 700, number).PutAsync(store, Sample.Key(number)).AsTask()
                        .GetAwaiter().GetResult();
                    Assert.InRange(store.Engine.Core.Accounting.LiveBytes, 0, Cap);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(0, store.Engine.Admission.Charged);
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    [Fact]
    public async Task Without_eviction_a_put_beyond_the_cap_is_refused_and_everything_else_goes_on()
    {
        using ArtifactStore store = _scratch.Open(Options(evictWhenFull: false));
        int put = 0;
        StoreFullException refused = await Assert.ThrowsAsync<StoreFullException>(async () =>
        {
            for (; put < 1000; put++)
            {
                await Sample.OfLength(1000, put).PutAsync(store, Sample.Key(put));
            }
        });
        Assert.InRange(refused.NeededBytes, 1000, 2000);
        Assert.InRange(put, 100, 256);
        Assert.All(Enumerable.Range(0, put), i => Assert.True(store.Contains(Sample.Key(i))));

        Assert.True(await store.RemoveAsync(Sample.Key(0)));
        await Sample.OfLength(1000).PutAsync(store, Sample.Key(5000));
        await Assert.ThrowsAsync<StoreFullException>(async () =>
            await Sample.OfLength(1000).PutAsync(store, Sample.Key(5001)));
        Assert.Equal(0, store.Engine.Admission.Charged);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task An_artifact_larger_than_the_cap_is_refused_and_evicts_nothing(long cap)
    {
        using ArtifactStore store = _scratch.Open(Options(cap: cap));
        if (cap > 1000)
        {
            await Sample.OfLength(1000).PutAsync(store, Sample.Key(1));
        }

        long before = store.Engine.Core.Accounting.LiveBytes;
        await Assert.ThrowsAsync<StoreFullException>(async () =>
            await Sample.OfLength(200_000).PutAsync(store, Sample.Key(2)));
        Assert.Equal(before, store.Engine.Core.Accounting.LiveBytes);
        Assert.Equal(0, store.Engine.Admission.Charged);
        Assert.Empty(LooseFiles());
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("pipe")]
    [InlineData("writer")]
    [InlineData("file")]
    public async Task Loose_bytes_are_charged_before_they_are_written(string way)
    {
        using ArtifactStore store = _scratch.Open(Options());
        byte[] bytes = Sample.Bytes(100 << 10);
        for (int i = 0; i < 12; i++)
        {
            await PutLooseAsync(store, way, i, bytes);
            Assert.InRange(store.Engine.Core.Accounting.LiveBytes, 0, Cap);
            Assert.Equal(0, store.Engine.Admission.Charged);
        }

        await store.FlushAsync();
        Assert.Equal(2, LooseFiles().Length);
        await Assert.ThrowsAsync<StoreFullException>(() => PutLooseAsync(store, way, 99, Sample.Bytes(300 << 10)));
        Assert.Equal(0, store.Engine.Admission.Charged);
        await store.FlushAsync();
        Assert.InRange(LooseFiles().Length, 0, 2);
    }

    [Fact]
    public async Task After_a_crash_the_cap_is_kept_by_the_first_put()
    {
        ScratchStore killed;
        using (ArtifactStore store = _scratch.Open(Options()))
        {
            for (int i = 0; i < 2000; i++)
            {
                await Sample.OfLength(1000, i).PutAsync(store, Sample.Key(i));
            }

            killed = _scratch.Kill();
        }

        using (killed)
        using (ArtifactStore again = killed.Open(Options()))
        {
            Assert.InRange(again.GetStats().LiveBytes, Cap + 1, long.MaxValue);
            await Sample.OfLength(1000).PutAsync(again, Sample.Key(5000));
            Assert.InRange(again.Engine.Core.Accounting.LiveBytes, 0, Cap);
            SpaceAssert.CountsAreThoseOfTheData(again);
        }
    }

    private async Task PutLooseAsync(ArtifactStore store, string way, int number, byte[] bytes)
    {
        ArtifactKey key = Sample.Key(number);
        switch (way)
        {
            case "bytes":
                await Sample.Of(bytes).PutAsync(store, key);
                break;
            case "pipe":
                PipeReader pipe = PipeReader.Create(new MemoryStream(bytes));
                await store.PutAsync(key, ArtifactOutcome.Success, [ArtifactPayload.FromPipe("out", pipe)]);
                break;
            case "writer":
                await using (ArtifactWriter writer = store.CreateWriter(key))
                {
                    writer.AddPayload("out").Write(bytes);
                    await writer.CommitAsync(ArtifactOutcome.Success);
                }

                break;
            default:
                await store.PutAsync(
                    key, ArtifactOutcome.Success,
                    [ArtifactPayload.FromFile("out", _scratch.File("in", bytes), FileAdoption.Copy)]);
                break;
        }
    }

    private string[] LooseFiles() => Directory.Exists(_scratch.Inside("loose"))
        ? Directory.GetFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories)
        : [];

    private PackStoreOptions Options(long cap = Cap, bool evictWhenFull = true) => new()
    {
        TimeProvider = _clock,
        LooseThresholdBytes = 16 << 10,
        SegmentSizeBytes = 64 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
        MaxBytes = cap,
        EvictWhenFull = evictWhenFull,
    };
}
