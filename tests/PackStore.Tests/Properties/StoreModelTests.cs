using System.Buffers;
using System.Runtime.Versioning;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Properties;

/// <summary>
/// Whatever is done to a store, it answers as a dictionary would. A failure prints the shrunk life and a replay seed
/// for <c>[Property(Replay = "...")]</c>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class StoreModelTests
{
    [Property(MaxTest = 100)]
    public Property A_store_is_a_dictionary() => Prop.ForAll(StoreLife.Arbitrary, static life =>
    {
        using Run run = new(life.Shape);
        foreach (StoreOperation operation in life.Operations)
        {
            run.Do(operation);
        }

        run.AssertSame();
        run.Do(new StoreOperation(StoreVerb.Reopen, 0, 0, 0));
        run.AssertSame();
    });

    private sealed class Run : IDisposable
    {
        private readonly StoreShape _shape;
        private readonly Dictionary<int, Sample> _model = [];
        private ScratchStore _scratch = new();
        private ArtifactStore _store;

        public Run(StoreShape shape)
        {
            _shape = shape;
            _store = Open();
        }

        public void Do(in StoreOperation operation)
        {
            int key = operation.Key;
            switch (operation.Verb)
            {
                case StoreVerb.Put or StoreVerb.PutStream or StoreVerb.PutPending:
                    Put(operation);
                    break;
                case StoreVerb.PutMany:
                    PutMany(operation);
                    break;
                case StoreVerb.Remove:
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
                case StoreVerb.Reopen:
                    _store.Dispose();
                    _store = Open();
                    break;
                case StoreVerb.Kill:
                    Kill();
                    break;
                case StoreVerb.LoseIndex:
                    _store.Dispose();
                    Directory.CreateDirectory(_scratch.Inside("index"));
                    Directory.Delete(_scratch.Inside("index"), recursive: true);
                    _store = Open();
                    break;
            }
        }

        public void AssertSame()
        {
            for (int key = 0; key < StoreLife.Keys; key++)
            {
                AssertSame(key);
            }

            Wait(_store.FlushAsync().AsTask());
            StoreStats stats = _store.GetStats();
            Assert.Equal((_model.Count, _model.Values.Sum(s => s.Outputs.Count)), (stats.Artifacts, stats.Payloads));
            Assert.Equal(_model.Keys.Select(Sample.Key).Order(),
                _store.EnumerateArtifacts().Select(a => a.Key).Order());
            int loose = Directory.EnumerateFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories).Count();
            Assert.True(loose >= stats.LooseFiles, $"{loose} files, {stats.LooseFiles} live");
        }

        public void Dispose()
        {
            _store.Dispose();
            _scratch.Dispose();
        }

        private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

        private static void Wait(Task task) => task.GetAwaiter().GetResult();

        private static Sample Make(in StoreOperation operation)
        {
            int length = operation.Length;
            int seed = operation.Seed;
            SampleOutput[] outputs = (seed % 4) switch
            {
                0 => [new SampleOutput("a", Sample.Bytes(length, seed))],
                1 => [new SampleOutput("a", Sample.Text(length, seed), PayloadEncoding.Zstd),
                    new SampleOutput("b", [])],
                2 => [],
                _ => [.. Enumerable.Range(0, 3)
                    .Select(i => new SampleOutput($"{i}", Sample.Bytes(length / (i + 1), seed + i)))],
            };
            byte[] error = Sample.Bytes(seed % 5 == 0 ? length : 0, seed);
            return new Sample(outputs) { ExitCode = seed, StandardError = error };
        }

        private ArtifactStore Open() => _scratch.Open(
            new PackStoreOptions
            {
                SegmentSizeBytes = _shape.SegmentBytes,
                LooseThresholdBytes = _shape.LooseBytes,
                Durability = _shape.Durability,
                Checksums = _shape.Checksums,
            },
            _shape.HashMask);

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
                    string source = _scratch.File($"source{operation.Key}",
                        Sample.Bytes(operation.Length, operation.Seed));
                    sample = sample with
                    {
                        Outputs =
                        [
                            new SampleOutput("p", File.ReadAllBytes(source)) { Mode = File.GetUnixFileMode(source) },
                        ],
                    };
                    Wait(_store.PutAsync(key, sample.Outcome, [ArtifactPayload.FromPendingFile("p", source)]).AsTask());
                    // The next put of the key may change the file, so this one has to be safe.
                    AssertIn(sample, key);
                    Wait(_store.FlushAsync().AsTask());
                    break;
                default:
                    Wait(StreamAsync(key, sample));
                    break;
            }

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
                int key = (operation.Key + (i * i)) % StoreLife.Keys;
                StoreOperation one = operation with { Key = key, Seed = operation.Seed + i };
                Sample sample = Make(one);
                _model[one.Key] = sample;
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
            ArtifactKey[] keys = [.. Enumerable.Range(0, count).Select(i => Sample.Key(i % (StoreLife.Keys + 2)))];
            using PayloadBatch batch = _store.EnsurePayloads(keys, new PayloadBatchSlot[count]);
            for (int i = 0; i < count; i++)
            {
                bool known = _model.TryGetValue(i % (StoreLife.Keys + 2), out Sample? sample);
                Assert.Equal(known, batch[i].IsHit);
                Assert.Null(sample?.Difference(batch[i]));
            }
        }

        private void Kill()
        {
            ScratchStore killed = _scratch.Kill();
            _store.Dispose();
            _scratch.Dispose();
            _scratch = killed;
            _store = Open();
        }

        private void AssertSame(int number)
        {
            if (_model.TryGetValue(number, out Sample? sample))
            {
                AssertIn(sample, Sample.Key(number));
            }
            else
            {
                Sample.AssertAbsent(_store, Sample.Key(number));
            }
        }

        private void AssertIn(Sample sample, in ArtifactKey key)
        {
            Assert.True(_store.Contains(key));
            sample.AssertIn(_store, key);
        }
    }
}
