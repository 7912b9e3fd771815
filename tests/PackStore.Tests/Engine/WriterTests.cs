using System.Buffers;
using System.IO.Pipelines;
using PackStore.Format;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>The ways to write: streamed, gathered, pending; and what each leaves when it does not come about.</summary>
public sealed class WriterTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly PackStoreOptions _options = new() { LooseThresholdBytes = 4096 };
    private readonly ArtifactKey _key = Sample.Key(1);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task An_aborted_writer_leaves_nothing()
    {
        using ArtifactStore store = _scratch.Open(_options);
        string[] before = _scratch.Files();
        ArtifactWriter writer = store.CreateWriter(_key);
        writer.AddPayload("small").Write(new byte[10]);
        writer.AddPayload("large").Write(new byte[50_000]);
        await writer.AddPayloadAsync("piped", PipeReader.Create(new MemoryStream(new byte[9000])));
        await writer.DisposeAsync();
        await writer.DisposeAsync();

        Assert.Equal(before, _scratch.Files());
        Sample.AssertAbsent(store, _key);
        Assert.Throws<InvalidOperationException>(() => writer.AddPayload("late"));
    }

    [Fact]
    public async Task A_writer_commits_once()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await using ArtifactWriter writer = store.CreateWriter(_key);
        writer.AddPayload("x").Write(Sample.Bytes(5000));
        Sample.AssertAbsent(store, _key);
        await writer.CommitAsync(ArtifactOutcome.Success);
        new Sample([new SampleOutput("x", Sample.Bytes(5000))]).AssertIn(store, _key);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(ArtifactOutcome.Success).AsTask());
    }

    [Fact]
    public async Task A_broken_pipe_puts_nothing()
    {
        using ArtifactStore store = _scratch.Open(_options);
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(new byte[6000]);
        await pipe.Writer.CompleteAsync(new TimeoutException("the client is gone"));
        await Assert.ThrowsAsync<TimeoutException>(
            () => store.PutAsync(_key, ArtifactOutcome.Success, [ArtifactPayload.FromPipe("x", pipe.Reader)]).AsTask());
        Sample.AssertAbsent(store, _key);
        Assert.DoesNotContain(_scratch.Files(), f => f.StartsWith("loose", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_gathered_put_the_last_of_a_key_wins()
    {
        using ArtifactStore store = _scratch.Open(_options);
        await store.PutManyAsync(
        [
            .. Enumerable.Range(0, 1000).Select(
                i => new ArtifactPut { Key = Sample.Key(i % 7), Payloads = Sample.OfLength(i, i).Payloads }),
        ]);
        for (int i = 993; i < 1000; i++)
        {
            Sample.OfLength(i, i).AssertIn(store, Sample.Key(i % 7));
        }

        Assert.Equal(7, store.GetStats().Artifacts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_gathered_put_the_last_of_a_key_wins_also_if_one_is_pending(bool pendingLast)
    {
        // Pending files used to be put before what stood in front of them in the list, and were then overtaken by it.
        string source = _scratch.File("source", Sample.Bytes(10, 1));
        ArtifactPut pending = new() { Key = _key, Payloads = [ArtifactPayload.FromPendingFile("out", source)] };
        ArtifactPut bytes = new() { Key = _key, Payloads = Sample.OfLength(10, 2).Payloads };
        using ArtifactStore store = _scratch.Open(_options);
        await store.PutManyAsync(pendingLast ? [bytes, pending] : [pending, bytes]);
        await store.FlushAsync();

        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.True(lease[0].SequenceEqual(Sample.Bytes(10, pendingLast ? 1 : 2)));
    }

    [Fact]
    public async Task Memory_given_to_a_pending_put_may_be_reused_once_it_completes()
    {
        // It used to be read a second time in the background: the artifact was lost, or got the new bytes.
        string source = _scratch.File("source", Sample.Bytes(10));
        byte[] bytes = Sample.Bytes(100, 1);
        byte[] extra = Sample.Bytes(100, 2);
        byte[] error = Sample.Bytes(100, 3);
        using ArtifactStore store = _scratch.Open(_options);
        using (PendingHold.Of(store))
        {
            await store.PutAsync(
                _key, new ArtifactOutcome { Extra = extra, StandardError = error },
                [ArtifactPayload.FromBytes("a", bytes), ArtifactPayload.FromPendingFile("b", source)]);
            bytes.AsSpan().Clear();
            extra.AsSpan().Clear();
            error.AsSpan().Clear();
        }

        await store.FlushAsync();
        using PayloadLease lease = store.EnsurePayloads(_key);
        Assert.True(lease.IsHit);
        Assert.Equal(PayloadTier.Pack, lease.GetInfo(1).Tier);
        Assert.Equal(Sample.Bytes(100, 1), lease[0].ToArray());
        Assert.Equal(Sample.Bytes(100, 2), lease.Metadata.Extra.ToArray());
        Assert.Equal(Sample.Bytes(100, 3), lease.StandardError.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_comes_after_a_pending_put_overtakes_it(bool remove)
    {
        string source = _scratch.File("source", Sample.Bytes(10));
        using ArtifactStore store = _scratch.Open(_options);
        using (PendingHold.Of(store))
        {
            await store.PutAsync(_key, ArtifactOutcome.Success, [ArtifactPayload.FromPendingFile("out", source)]);
            if (remove)
            {
                Assert.True(await store.RemoveAsync(_key));
                Assert.False(await store.RemoveAsync(_key));
            }
            else
            {
                await Sample.OfLength(20, 5).PutAsync(store, _key);
            }
        }

        await store.FlushAsync();
        if (remove)
        {
            Sample.AssertAbsent(store, _key);
        }
        else
        {
            Sample.OfLength(20, 5).AssertIn(store, _key);
        }
    }

    [Fact]
    public async Task Removal_tells_whether_there_was_something()
    {
        using ArtifactStore store = _scratch.Open(_options);
        Assert.False(await store.RemoveAsync(_key));
        await Sample.OfLength(1).PutAsync(store, _key);
        Assert.True(await store.RemoveAsync(_key));
        Assert.False(await store.RemoveAsync(_key));
        Sample.AssertAbsent(store, _key);
    }

    [Theory]
    [InlineData(Durability.None)]
    [InlineData(Durability.OnFlush)]
    [InlineData(Durability.OnCommit)]
    public async Task What_was_flushed_before_the_close_is_counted_after_it(Durability durability)
    {
        // With nothing left to flush the close used to leave the clean checkpoint of the life before.
        PackStoreOptions options = new() { Durability = durability };
        for (int life = 1; life <= 3; life++)
        {
            using ArtifactStore store = _scratch.Open(options);
            Assert.Equal(life - 1, store.GetStats().Artifacts);
            await Sample.OfLength(life).PutAsync(store, Sample.Key(life));
            await store.FlushAsync();
        }
    }

    [Fact]
    public async Task A_store_killed_after_a_clean_open_is_not_taken_for_clean()
    {
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await Sample.OfLength(1).PutAsync(store, Sample.Key(1));
        }

        using ArtifactStore second = _scratch.Open(_options);
        await Sample.OfLength(2).PutAsync(second, Sample.Key(2));
        using ScratchStore killed = _scratch.Kill();
        using ArtifactStore reopened = killed.Open(_options);
        Assert.Equal(2, reopened.GetStats().Artifacts);
        Sample.OfLength(2).AssertIn(reopened, Sample.Key(2));
    }

    [Fact]
    public async Task A_large_store_killed_with_little_new_is_recounted()
    {
        // Open merged the few new records, and the thread that recounts then merged once more: it ended the process.
        PackStoreOptions options = new() { Durability = Durability.None };
        using (ArtifactStore store = _scratch.Open(options))
        {
            await store.PutManyAsync(
                [.. Enumerable.Range(0, 17_000).Select(i => new ArtifactPut { Key = Sample.Key(i) })]);
        }

        using ArtifactStore second = _scratch.Open(options);
        await Sample.OfLength(2).PutAsync(second, Sample.Key(17_000));
        using ScratchStore killed = _scratch.Kill();
        using ArtifactStore reopened = killed.Open(options);
        Assert.Equal(17_001, reopened.GetStats().Artifacts);
    }

    [Fact]
    public void A_store_of_a_newer_version_is_refused_and_left_alone()
    {
        using (_scratch.Open())
        {
        }

        byte[] bytes = File.ReadAllBytes(_scratch.Inside("STORE"));
        Assert.True(
            StoreIdentity.TryRead(bytes.AsSpan(0, StoreIdentityLayout.Size), out StoreIdentity? identity, out _));
        identity = identity! with { Features = new FormatFeatures(0, 0, 1UL << 40) };
        identity.Write(bytes);
        identity.Write(bytes.AsSpan(StoreIdentity.SecondCopyOffset));
        File.WriteAllBytes(_scratch.Inside("STORE"), bytes);
        string[] files = _scratch.Files();

        UnsupportedFormatException error = Assert.Throws<UnsupportedFormatException>(() => _scratch.Open());
        Assert.NotEqual(error.Found, error.Supported);
        Assert.Throws<UnsupportedFormatException>(() => _scratch.Attach());
        Assert.Equal(files, _scratch.Files());
        Assert.Equal(bytes, File.ReadAllBytes(_scratch.Inside("STORE")));
    }
}
