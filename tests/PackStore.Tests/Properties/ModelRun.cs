using System.Buffers;
using System.Runtime.Versioning;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Properties;

/// <summary>One store and a dictionary beside it, to which the same is done.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ModelRun : IDisposable
{
    private readonly StoreShape _shape;
    private readonly Dictionary<int, Sample> _model = [];
    private readonly int _keys;
    private readonly ModelSpace _space;
    private PackStoreOptions _options;
    private IModelDisk _disk;
    private ArtifactStore _store;
    private ArtifactStore? _follower;

    public ModelRun(StoreShape shape, IModelDisk disk, int keys)
    {
        _shape = shape;
        _disk = disk;
        _keys = keys;
        _options = shape.Options;
        _space = new ModelSpace(_model, keys);
        _store = Open();
    }

    public void Do(in StoreOperation operation)
    {
        int key = operation.Key;
        switch (operation.Verb)
        {
            case StoreVerb.Put or StoreVerb.PutStream or StoreVerb.PutPending or StoreVerb.PutAdopted:
                Put(operation);
                break;
            case StoreVerb.PutMany:
                PutMany(operation);
                break;
            case StoreVerb.Remove:
                _space.Forget(key);
                Assert.Equal(_model.Remove(key), Wait(_store.RemoveAsync(Sample.Key(key)).AsTask()));
                break;
            case StoreVerb.Get:
                AssertSame(key);
                break;
            case StoreVerb.GetMany:
                GetMany(operation.Seed % 40);
                break;
            case StoreVerb.Enumerate:
                Assert.Equal(_model.Keys.Select(Sample.Key).Order(), _store.EnumerateKeys().Order());
                break;
            case StoreVerb.Flush:
                Wait(_store.FlushAsync().AsTask());
                break;
            case StoreVerb.CompactMeanwhile:
                CompactMeanwhile(operation);
                break;
            default:
                DoToStore(operation);
                break;
        }
    }

    /// <summary>What is done to the store and not to what is in it.</summary>
    private void DoToStore(in StoreOperation operation)
    {
        switch (operation.Verb)
        {
            case StoreVerb.Reopen:
                Close();
                _store = Open();
                break;
            case StoreVerb.Kill:
                GoOnWith(_disk.Kill());
                break;
            case StoreVerb.Cut:
                Wait(_store.FlushAsync().AsTask());
                GoOnWith(_disk.Cut());
                break;
            case StoreVerb.LoseIndex:
                Close();
                _disk.LoseIndex();
                _store = Open();
                _space.Settle(_store);
                break;
            case StoreVerb.Snapshot:
                Assert.True(_store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
                break;
            case StoreVerb.Checkpoint:
                Assert.True(_store.Engine.Checkpoints!.TryWriteCheckpoint(clean: false));
                break;
            case StoreVerb.Follow:
                Follow();
                break;
            case StoreVerb.Evict:
                _space.Evict(_store, operation.Seed);
                break;
            case StoreVerb.Pin or StoreVerb.Unpin:
                _space.Pin(_store, operation.Key, operation.Verb == StoreVerb.Pin);
                break;
            case StoreVerb.Compact:
                ModelSpace.Compact(_store, operation.Seed);
                break;
            case StoreVerb.OtherThreshold:
                // What is a loose file now may be one no more after the next compaction, and the other way round.
                Close();
                _options = (_shape with { LooseBytes = _shape.LooseBytes << (operation.Seed % 5) }).Options;
                _store = Open();
                break;
        }
    }

    public void AssertSame()
    {
        for (int key = 0; key < _keys; key++)
        {
            AssertSame(key);
        }

        Wait(_store.FlushAsync().AsTask());
        StoreStats stats = _store.GetStats();
        Assert.Equal((_model.Count, _model.Values.Sum(s => s.Outputs.Count)), (stats.Artifacts, stats.Payloads));
        Assert.Equal(_model.Keys.Select(Sample.Key).Order(),
            _store.EnumerateArtifacts().Select(a => a.Key).Order());
        int loose = _disk.CountLooseFiles();
        Assert.True(loose >= stats.LooseFiles, $"{loose} files, {stats.LooseFiles} live");
    }

    public void Dispose()
    {
        Close();
        _disk.Dispose();
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private Sample Make(in StoreOperation operation)
    {
        int length = operation.Length;
        int seed = operation.Seed;
        SampleOutput[] outputs = (_shape.IsCompressing ? 1 : seed % 4) switch
        {
            0 => [new SampleOutput("a", Sample.Bytes(length, seed))],
            1 => [new SampleOutput("a", Sample.Text(length, seed), PayloadEncoding.Zstd),
                new SampleOutput("b", [])],
            2 => [],
            _ => [.. Enumerable.Range(0, 3).Select(i => new SampleOutput(
                $"{i}",
                seed % 8 < 4 ? Sample.Bytes(length / (i + 1), seed + i) : Sample.Text(length / (i + 1), seed + i)))],
        };
        byte[] error = Sample.Bytes(seed % 5 == 0 ? length : 0, seed);
        return new Sample(outputs) { ExitCode = seed, StandardError = error };
    }

    private ArtifactStore Open() => _disk.Open(_options, _shape.HashMask);

    private void Close()
    {
        _follower?.Dispose();
        _follower = null;
        _store.Dispose();
    }

    private void GoOnWith(IModelDisk disk)
    {
        Close();
        _disk.Dispose();
        _disk = disk;
        _store = Open();
        _space.Settle(_store);
    }

    /// <summary>Rewrites whatever holds something dead. While copies are made, and are not published yet, their keys
    /// are removed or put again, and a reader looks.</summary>
    private void CompactMeanwhile(in StoreOperation operation)
    {
        StoreOperation first = operation with { Verb = StoreVerb.Put };
        int passed = 0;
        _store.Compactor.Run(
            new CompactionOptions { DeadRatio = 0 }, new Passed(Change), CancellationToken.None);

        void Change()
        {
            if (passed == 3)
            {
                return;
            }

            StoreOperation change = first with
            {
                Verb = (first.Seed + ++passed) % 3 == 0 ? StoreVerb.Put : StoreVerb.Remove,
                Key = (first.Key + (7 * passed)) % _keys,
            };
            Do(change);
            if (first.Seed % 2 == 0)
            {
                Follow();
            }
        }
    }

    private sealed class Passed(Action change) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => change();
    }

    /// <summary>A reader that has been there for a while sees what the writer's own hits see.</summary>
    private void Follow()
    {
        _follower ??= _disk.Attach(_options, _shape.HashMask);
        for (int key = 0; key < _keys; key++)
        {
            if (!_model.ContainsKey(key) && _space.Evicted(key) is { } evicted)
            {
                // An eviction is not told to who follows.
                using PayloadLease lease = _follower.EnsurePayloads(Sample.Key(key));
                Assert.True(!lease.IsHit || evicted.Difference(lease) is null);
                continue;
            }

            AssertSame(_follower, key);
        }
    }

    private void Put(in StoreOperation operation)
    {
        ArtifactKey key = Sample.Key(operation.Key);
        Sample sample = Make(operation);
        switch (operation.Verb)
        {
            case StoreVerb.Put:
                Wait(sample.PutAsync(_store, key).AsTask());
                break;
            case StoreVerb.PutPending:
                string source = _disk.SourceFile(
                    $"source{operation.Key}", Sample.Bytes(operation.Length, operation.Seed));
                sample = sample with
                {
                    Outputs =
                    [
                        new SampleOutput("p", File.ReadAllBytes(source)) { Mode = File.GetUnixFileMode(source) },
                    ],
                };
                Wait(_store.PutAsync(key, sample.Outcome, [ArtifactPayload.FromPendingFile("p", source)]).AsTask());
                // The next put of the key may change the file, so this one has to be safe.
                AssertIn(_store, sample, key);
                Wait(_store.FlushAsync().AsTask());
                break;
            case StoreVerb.PutAdopted:
                string adopted = _disk.SourceFile("adopted", Sample.Bytes(operation.Length, operation.Seed));
                sample = sample with
                {
                    Outputs =
                    [
                        new SampleOutput("a", File.ReadAllBytes(adopted)) { Mode = File.GetUnixFileMode(adopted) },
                    ],
                };
                Wait(_store.PutAsync(
                    key, sample.Outcome, [ArtifactPayload.FromFile("a", adopted, FileAdoption.Copy)]).AsTask());
                break;
            default:
                Wait(StreamAsync(key, sample));
                break;
        }

        _space.Forget(operation.Key);
        _model[operation.Key] = sample;
    }

    private async Task StreamAsync(ArtifactKey key, Sample sample)
    {
        await using (ArtifactWriter aborted = _store.CreateWriter(key))
        {
            aborted.AddPayload("gone").Write(new byte[3000]);
        }

        await using ArtifactWriter writer = _store.CreateWriter(key);
        foreach (SampleOutput output in sample.Outputs)
        {
            IBufferWriter<byte> buffer = writer.AddPayload(output.Name, output.Encoding, output.Mode);
            foreach (byte[] piece in output.Bytes.Chunk(700))
            {
                buffer.Write(piece);
            }
        }

        await writer.CommitAsync(sample.Outcome);
    }

    private void PutMany(StoreOperation operation)
    {
        List<ArtifactPut> puts = [];
        for (int i = 0; i < operation.Seed % 9; i++)
        {
            int key = (operation.Key + (i * i)) % _keys;
            StoreOperation one = operation with { Key = key, Seed = operation.Seed + i };
            Sample sample = Make(one);
            _model[one.Key] = sample;
            _space.Forget(one.Key);
            puts.Add(new ArtifactPut
            {
                Key = Sample.Key(one.Key),
                Outcome = sample.Outcome,
                Payloads = sample.Payloads,
            });
        }

        Wait(_store.PutManyAsync(puts).AsTask());
    }

    private void GetMany(int count)
    {
        ArtifactKey[] keys = [.. Enumerable.Range(0, count).Select(i => Sample.Key(i % (_keys + 2)))];
        using PayloadBatch batch = _store.EnsurePayloads(keys, new PayloadBatchSlot[count]);
        for (int i = 0; i < count; i++)
        {
            bool known = _model.TryGetValue(i % (_keys + 2), out Sample? sample);
            Assert.Equal(known, batch[i].IsHit);
            Assert.Null(sample?.Difference(batch[i]));
        }
    }

    private void AssertSame(int number) => AssertSame(_store, number);

    private void AssertSame(ArtifactStore store, int number)
    {
        if (_model.TryGetValue(number, out Sample? sample))
        {
            AssertIn(store, sample, Sample.Key(number));
        }
        else
        {
            Sample.AssertAbsent(store, Sample.Key(number));
        }
    }

    private static void AssertIn(ArtifactStore store, Sample sample, in ArtifactKey key)
    {
        Assert.True(store.Contains(key));
        sample.AssertIn(store, key);
    }
}
