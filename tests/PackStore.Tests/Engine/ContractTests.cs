using System.Buffers;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>What the public members promise beside bytes: refusals, lifetimes, order.</summary>
public sealed class ContractTests : IDisposable
{
    private readonly ScratchStore _scratch = new();
    private readonly ArtifactKey _key = Sample.Key(1);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Bad_calls_name_the_argument()
    {
        using ArtifactStore store = _scratch.Open();
        ArtifactOutcome ok = ArtifactOutcome.Success;
        await RefusesAsync<ArgumentException>("key", () => store.PutAsync(default, ok, []).AsTask());
        await RefusesAsync<ArgumentNullException>("outcome", () => store.PutAsync(_key, null!, []).AsTask());
        await RefusesAsync<ArgumentNullException>("payloads", () => store.PutAsync(_key, ok, null!).AsTask());
        await RefusesAsync<ArgumentException>("payloads", () => store.PutAsync(_key, ok, [null!]).AsTask());
        await RefusesAsync<ArgumentNullException>("artifacts", () => store.PutManyAsync(null!).AsTask());
        await RefusesAsync<ArgumentNullException>("artifacts", () => store.PutManyAsync([null!]).AsTask());
        await RefusesAsync<ArgumentException>("key",
            () => store.PutManyAsync([new ArtifactPut { Key = default }]).AsTask());
        await RefusesAsync<ArgumentException>("key", () => store.RemoveAsync(default).AsTask());
        Refuses<ArgumentException>("key", () => store.CreateWriter(default));
        Refuses<ArgumentException>("scratch",
            () => store.EnsurePayloads(new ArtifactKey[2], new PayloadBatchSlot[1]).Dispose());
        Refuses<ArgumentNullException>("directory", () => ArtifactStore.Open(null!));
        Refuses<ArgumentException>("directory", () => ArtifactStore.OpenReadOnly(""));
        Refuses<ArgumentNullException>("name", () => ArtifactPayload.FromBytes(null!, default));
        Refuses<ArgumentException>("path", () => ArtifactPayload.FromFile("a", ""));
        Refuses<ArgumentNullException>("source", () => ArtifactPayload.FromPipe("a", null!));
        Assert.Equal(0, store.GetStats().Artifacts);
    }

    [Fact]
    public void Bad_options_are_refused_before_anything_is_made()
    {
        PackStoreOptions[] bad =
        [
            new() { SegmentSizeBytes = 4095 }, new() { SegmentSizeBytes = 5000 },
            new() { SegmentSizeBytes = (1L << 30) + 4096 },
            new() { LooseThresholdBytes = 1023 }, new() { LooseThresholdBytes = (1L << 30) + 1 },
            new() { FlushInterval = TimeSpan.Zero }, new() { Durability = (Durability)9 },
            new() { Checksums = (ChecksumPolicy)9 },
        ];
        foreach (PackStoreOptions options in bad)
        {
            Refuses<ArgumentOutOfRangeException>("options", () => _scratch.Open(options).Dispose());
        }

        Refuses<ArgumentNullException>("options",
            () => _scratch.Open(new PackStoreOptions { TimeProvider = null! }).Dispose());
        Assert.False(Directory.Exists(_scratch.Path));
    }

    [Fact]
    public void A_default_key_is_a_miss()
    {
        using ArtifactStore store = _scratch.Open();
        Sample.AssertAbsent(store, default);
        using PayloadBatch batch = store.EnsurePayloads(new ArtifactKey[1], new PayloadBatchSlot[1]);
        Assert.False(batch[0].IsHit);
    }

    [Fact]
    public void A_miss_throws_on_everything_but_IsHit()
    {
        using ArtifactStore store = _scratch.Open();
        Assert.Throws<InvalidOperationException>(() => store.EnsurePayloads(_key).Count);
        Assert.Throws<InvalidOperationException>(() => store.EnsurePayloads(_key).Metadata);
        Assert.Throws<InvalidOperationException>(() => store.EnsurePayloads(_key)[0].Length);
        Assert.Throws<InvalidOperationException>(() => store.EnsurePayloads(_key).ToOwner());
        Assert.Throws<InvalidOperationException>(() => default(PayloadLease).StandardError.Length);
        Assert.Equal(0, EpochHeld());
    }

    [Fact]
    public async Task An_output_that_is_not_there_is_refused()
    {
        using ArtifactStore store = _scratch.Open();
        await Sample.OfLength(5).PutAsync(store, _key);
        Refuses<ArgumentOutOfRangeException>("index", () =>
        {
            using PayloadLease lease = store.EnsurePayloads(_key);
            _ = lease[1];
        });
        Refuses<ArgumentOutOfRangeException>("index", () =>
        {
            using PayloadLease lease = store.EnsurePayloads(_key);
            _ = lease.GetInfo(-1);
        });
        using PayloadOwner owner = Own(store);
        Refuses<ArgumentOutOfRangeException>("index", () => _ = owner[1]);
    }

    [Fact]
    public async Task A_disposed_store_says_so()
    {
        ArtifactStore store = _scratch.Open();
        ArtifactWriter writer = store.CreateWriter(_key);
        await Sample.OfLength(5).PutAsync(store, _key);
        IEnumerator<ArtifactMetadata> artifacts = store.EnumerateArtifacts().GetEnumerator();
        Assert.True(artifacts.MoveNext());
        store.Dispose();
        store.Dispose();

        Assert.Throws<ObjectDisposedException>(() => artifacts.MoveNext());
        artifacts.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.EnsurePayloads(_key).Dispose());
        Assert.Throws<ObjectDisposedException>(() => store.PeekPayloads(_key).Dispose());
        Assert.Throws<ObjectDisposedException>(() => store.Contains(_key));
        Assert.Throws<ObjectDisposedException>(() => store.TryGetMetadata(_key, out _));
        Assert.Throws<ObjectDisposedException>(() => store.EnsurePayloads([_key], new PayloadBatchSlot[1]).Dispose());
        Assert.Throws<ObjectDisposedException>(() => store.EnumerateKeys().Count());
        Assert.Throws<ObjectDisposedException>(() => store.GetStats());
        Assert.Throws<ObjectDisposedException>(() => store.CreateWriter(_key));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Sample.OfLength(1).PutAsync(store, _key).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.PutManyAsync([]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RemoveAsync(_key).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.FlushAsync().AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.CommitAsync(ArtifactOutcome.Success).AsTask());
        await writer.DisposeAsync();
        Assert.Equal(0, EpochHeld());
    }

    [Fact]
    public async Task Lookups_beside_a_close_hit_or_say_that_it_is_closed()
    {
        for (int round = 0; round < 20; round++)
        {
            ArtifactStore store = _scratch.Open();
            await Sample.OfLength(5000).PutAsync(store, _key);
            using Barrier start = new(3);
            Task[] readers =
            [
                .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
                {
                    start.SignalAndWait();
                    Action readForEver = () =>
                    {
                        while (true)
                        {
                            Sample.OfLength(5000).AssertIn(store, _key);
                        }
                    };
                    Assert.Throws<ObjectDisposedException>(readForEver);
                })),
            ];
            start.SignalAndWait();
            store.Dispose();
            await Task.WhenAll(readers);
        }
    }

    [Theory]
    [InlineData(PayloadEncoding.Raw, 1000)]
    [InlineData(PayloadEncoding.Zstd, 1000)]
    [InlineData(PayloadEncoding.Raw, 9000)]
    public async Task A_lease_and_an_owner_outlive_the_store(PayloadEncoding encoding, int length)
    {
        Sample sample = new([new SampleOutput("x", Sample.Text(length), encoding)]) { StandardError = [1, 2] };
        ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 8192 });
        await sample.PutAsync(store, _key);
        PayloadOwner owner = Own(store);
        UseAfterClose(store, sample);
        await Task.Yield();
        await Task.Run(() => Assert.Equal(sample.Outputs[0].Bytes, owner[0].ToArray()));
        Assert.Equal([1, 2], owner.StandardError.ToArray());
        owner.Dispose();
        owner.Dispose();
        Assert.Throws<ObjectDisposedException>(() => owner[0]);
    }

    [Theory]
    [InlineData(PayloadEncoding.Raw, 1000)]
    [InlineData(PayloadEncoding.Zstd, 1000)]
    [InlineData(PayloadEncoding.Raw, 9000)]
    public async Task A_lease_disposed_twice_takes_nothing_from_its_owner(PayloadEncoding encoding, int length)
    {
        Sample sample = new([new SampleOutput("x", Sample.Text(length), encoding)]);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 8192 });
        await sample.PutAsync(store, _key);
        PayloadOwner owner = OwnAndDisposeTwice(store);
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        rented.AsSpan().Fill(0xCC);
        ArrayPool<byte>.Shared.Return(rented);

        Assert.Equal(sample.Outputs[0].Bytes, owner[0].ToArray());
        owner.Dispose();
        sample.AssertIn(store, _key);
        Assert.Equal(0, EpochHeld());
    }

    [Fact]
    public async Task A_thread_may_hold_64_leases_and_no_more()
    {
        using ArtifactStore store = _scratch.Open();
        await Sample.OfLength(100).PutAsync(store, _key);
        Nest(store, 64);
        Assert.Throws<InvalidOperationException>(() => Nest(store, 65));
        Assert.Equal(0, EpochHeld());
        Nest(store, 64);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    public async Task A_batch_is_as_many_lookups(int count)
    {
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { LooseThresholdBytes = 1024 });
        Dictionary<ArtifactKey, Sample> model = [];
        for (int i = 0; i < 40; i++)
        {
            PayloadEncoding encoding = i % 3 == 0 ? PayloadEncoding.Zstd : PayloadEncoding.Raw;
            model[Sample.Key(i)] = new Sample([new SampleOutput("x", Sample.Text(i * 50, i), encoding)]);
            await model[Sample.Key(i)].PutAsync(store, Sample.Key(i));
        }

        // Duplicates, and every other one a miss.
        ArtifactKey[] keys = [.. Enumerable.Range(0, count).Select(i => Sample.Key(i % 80))];
        PayloadBatchSlot[] slots = new PayloadBatchSlot[count + 3];
        for (int round = 0; round < 2; round++)
        {
            PayloadBatch batch = store.EnsurePayloads(keys, slots);
            Assert.Equal(count, batch.Count);
            for (int i = 0; i < count; i++)
            {
                PayloadLease lease = batch[i];
                Assert.Equal(model.ContainsKey(keys[i]), lease.IsHit);
                Assert.Null(lease.IsHit ? model[keys[i]].Difference(lease) : null);
                lease.Dispose();
            }

            batch.Dispose();
            batch.Dispose();
        }

        Assert.Equal(0, EpochHeld());
    }

    [Fact]
    public async Task A_batch_disposed_late_leaves_the_next_one_alone()
    {
        using ArtifactStore store = _scratch.Open();
        await Sample.OfLength(100).PutAsync(store, _key);
        PayloadBatchSlot[] slots = new PayloadBatchSlot[1];
        PayloadBatch first = store.EnsurePayloads([_key], slots);
        first.Dispose();
        using PayloadBatch second = store.EnsurePayloads([_key], slots);
        first.Dispose();
        Assert.True(second[0].IsHit);
        using PayloadOwner owner = second[0].ToOwner();
        Assert.Equal(100, owner[0].Length);
    }

    [Fact]
    public async Task A_read_only_store_refuses_writes()
    {
        using ArtifactStore writer = _scratch.Open();
        using ArtifactStore store = _scratch.Attach();
        Assert.True(store.IsReadOnly);
        Assert.Equal(writer.StoreId, store.StoreId);
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => Sample.OfLength(1).PutAsync(store, _key).AsTask());
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => store.PutManyAsync([]).AsTask());
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => store.RemoveAsync(_key).AsTask());
        await Assert.ThrowsAsync<StoreReadOnlyException>(() => store.FlushAsync().AsTask());
        Assert.Throws<StoreReadOnlyException>(() => store.CreateWriter(_key));
    }

    [Fact]
    public async Task A_read_only_store_sees_what_the_writer_does()
    {
        PackStoreOptions options = new() { SegmentSizeBytes = 16 << 10 };
        using ArtifactStore writer = _scratch.Open(options);
        using ArtifactStore reader = _scratch.Attach(options);
        for (int i = 0; i < 200; i++)
        {
            await Sample.OfLength(300, i).PutAsync(writer, Sample.Key(i % 50));
            Sample.OfLength(300, i).AssertIn(reader, Sample.Key(i % 50));
            if (i % 7 == 0)
            {
                Assert.True(await writer.RemoveAsync(Sample.Key(i % 50)));
                Sample.AssertAbsent(reader, Sample.Key(i % 50));
            }
        }

        StoreStats expected = writer.GetStats();
        StoreStats stats = reader.GetStats();
        Assert.Equal((expected.Artifacts, expected.LiveBytes), (stats.Artifacts, stats.LiveBytes));
        Assert.Equal(writer.EnumerateKeys().Order(), reader.EnumerateKeys().Order());
    }

    [Fact]
    public void A_second_writer_is_told_who_has_the_store()
    {
        using (_scratch.Open())
        {
            StoreLockedException error = Assert.Throws<StoreLockedException>(() => _scratch.Open());
            Assert.Equal(Environment.ProcessId, error.ProcessId);
            Assert.Equal(Environment.MachineName, error.Host);
            Assert.NotNull(error.Since);
        }

        _scratch.Open().Dispose();
    }

    [Fact]
    public void A_directory_that_is_no_store_is_left_alone()
    {
        Directory.CreateDirectory(_scratch.Path);
        File.WriteAllText(_scratch.Inside("notes.txt"), "mine");
        Assert.Throws<NotAStoreException>(() => _scratch.Open());
        Assert.Throws<NotAStoreException>(() => _scratch.Attach());
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(_scratch.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_foreign_STORE_is_left_alone()
    {
        Directory.CreateDirectory(_scratch.Path);
        File.WriteAllText(_scratch.Inside("STORE"), "a .DS_Store of somebody else");
        Assert.Throws<NotAStoreException>(() => _scratch.Open());
        Assert.Equal(["STORE"], Directory.GetFileSystemEntries(_scratch.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void An_absent_or_empty_directory_is_made_a_store_only_if_that_is_wanted()
    {
        PackStoreOptions options = new() { CreateIfMissing = false };
        Assert.Throws<NotAStoreException>(() => _scratch.Open(options));
        Assert.Throws<NotAStoreException>(() => _scratch.Attach());
        Assert.False(Directory.Exists(_scratch.Path));
        Directory.CreateDirectory(_scratch.Path);
        Assert.Throws<NotAStoreException>(() => _scratch.Open(options));
        Assert.Empty(Directory.GetFileSystemEntries(_scratch.Path));
        _scratch.Open().Dispose();
        _scratch.Open(options).Dispose();
    }

    [Theory]
    [InlineData("LOCK")]
    [InlineData("LOCK HEAD STORE.new segments/ index/ loose/ quarantine/")]
    [InlineData("segments/ index/")]
    public async Task An_unfinished_creation_is_gone_on_with(string left)
    {
        Directory.CreateDirectory(_scratch.Path);
        foreach (string name in left.Split(' '))
        {
            if (name.EndsWith('/'))
            {
                Directory.CreateDirectory(_scratch.Inside(name));
            }
            else
            {
                await File.WriteAllTextAsync(_scratch.Inside(name), "torn");
            }
        }

        using ArtifactStore store = _scratch.Open();
        await Sample.OfLength(9).PutAsync(store, _key);
        Sample.OfLength(9).AssertIn(store, _key);
    }

    private static int EpochHeld() => PackStore.Engine.EpochGate.Slot.Held;

    private static void Refuses<T>(string parameter, Action call)
        where T : ArgumentException => Assert.Equal(parameter, Assert.Throws<T>(call).ParamName);

    private static async Task RefusesAsync<T>(string parameter, Func<Task> call)
        where T : ArgumentException => Assert.Equal(parameter, (await Assert.ThrowsAsync<T>(call)).ParamName);

    private void Nest(ArtifactStore store, int depth)
    {
        if (depth > 0)
        {
            using PayloadLease lease = store.EnsurePayloads(_key);
            Assert.True(lease.IsHit);
            Nest(store, depth - 1);
        }
    }

    private PayloadOwner Own(ArtifactStore store)
    {
        using PayloadLease lease = store.EnsurePayloads(_key);
        return lease.ToOwner();
    }

    private PayloadOwner OwnAndDisposeTwice(ArtifactStore store)
    {
        PayloadLease lease = store.EnsurePayloads(_key);
        PayloadLease copy = lease;
        PayloadOwner owner = lease.ToOwner();
        lease.Dispose();
        lease.Dispose();
        copy.Dispose();
        return owner;
    }

    private void UseAfterClose(ArtifactStore store, Sample sample)
    {
        using PayloadLease lease = store.EnsurePayloads(_key);
        store.Dispose();
        Assert.Null(sample.Difference(lease));
    }
}
