using System.Buffers;
using System.IO.Pipelines;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Payloads;

/// <summary>Everything that may be put is read back as it was, at once and after a reopen.</summary>
public sealed class LegalInputTests : IDisposable
{
    private const int Loose = 200_000;
    private readonly ScratchStore _scratch = new();
    private readonly PackStoreOptions _options = new() { LooseThresholdBytes = Loose };

    public static TheoryData<int> Lengths =>
    [
        0, 1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536, 65537, 131_071, 131_072, 131_073, Loose - 1, Loose, Loose + 1,
    ];

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Keys_of_all_lengths_lead_to_their_own_artifacts()
    {
        byte[] bytes = Sample.Bytes(64);
        ArtifactKey[] keys = [.. Enumerable.Range(1, 64).Select(n => ArtifactKey.FromBytes(bytes.AsSpan(0, n)))];
        await RoundTripAsync([.. keys.Select((k, i) => (k, Sample.OfLength(i, i)))]);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0UL)]
    public async Task Keys_that_differ_only_in_their_last_byte_are_told_apart(ulong hashMask)
    {
        List<(ArtifactKey, Sample)> artifacts = [];
        for (int length = 33; length <= 64; length++)
        {
            byte[] bytes = new byte[length];
            for (int last = 0; last < 3; last++)
            {
                bytes[^1] = (byte)last;
                artifacts.Add((ArtifactKey.FromBytes(bytes), Sample.OfLength(10, (length * 3) + last)));
            }
        }

        await RoundTripAsync(artifacts, hashMask);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task Any_number_of_outputs(int count)
    {
        Sample sample = new(
            [.. Enumerable.Range(0, count).Select(i => new SampleOutput($"out/{i}", Sample.Bytes(i % 70, i)))]);
        await RoundTripAsync([(Sample.Key(1), sample)]);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Payloads_of_any_length(int length)
    {
        byte[] bytes = Sample.Bytes(length);
        byte[] text = Sample.Text(length);
        Sample mixed = new(
        [
            new SampleOutput("first", [1]),
            new SampleOutput("raw", bytes),
            new SampleOutput("compressed", text, PayloadEncoding.Zstd),
            new SampleOutput("incompressible", bytes, PayloadEncoding.Zstd),
            new SampleOutput("last", [2]),
        ]);
        await RoundTripAsync([(Sample.Key(1), Sample.Of(bytes)), (Sample.Key(2), mixed)]);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Payloads_of_any_length_from_any_source(int length)
    {
        byte[] bytes = Sample.Bytes(length);
        string source = _scratch.File("source", bytes);
        using ArtifactStore store = _scratch.Open(_options);
        Task Put(int key, ArtifactPayload payload) =>
            store.PutAsync(Sample.Key(key), ArtifactOutcome.Success, [payload]).AsTask();
        await Put(0, ArtifactPayload.FromFile("x", source));
        await Put(1, ArtifactPayload.FromFile("x", source).With(PayloadEncoding.Zstd));
        await Put(2, ArtifactPayload.FromPendingFile("x", source));
        await Put(3, ArtifactPayload.FromSequence("x", Pieces(bytes, 1000)));
        await Put(4, ArtifactPayload.FromSequence("x", Pieces(bytes, 1000)).With(PayloadEncoding.Zstd));
        await Put(5, ArtifactPayload.FromPipe("x", PipeReader.Create(new MemoryStream(bytes))));
        await Put(6, ArtifactPayload.FromPipe("x", PipeReader.Create(Pieces(bytes, 777))).With(PayloadEncoding.Zstd));
        await using (ArtifactWriter writer = store.CreateWriter(Sample.Key(7)))
        {
            writer.AddPayload("x").Write(bytes);
            await writer.CommitAsync(ArtifactOutcome.Success);
        }

        await using (ArtifactWriter writer = store.CreateWriter(Sample.Key(8)))
        {
            await writer.AddPayloadAsync("x", PipeReader.Create(Pieces(bytes, 3000)));
            await writer.CommitAsync(ArtifactOutcome.Success);
        }

        await store.FlushAsync();
        for (int i = 0; i <= 8; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(i));
            Assert.True(lease.IsHit, $"source {i}");
            Assert.True(lease[0].SequenceEqual(bytes), $"source {i}");
            using PayloadOwner owner = lease.ToOwner();
            Assert.True(owner.GetSequence(0).ToArray().AsSpan().SequenceEqual(bytes), $"source {i}");
            Assert.Equal(length >= Loose ? PayloadTier.Loose : PayloadTier.Pack, lease.GetInfo(0).Tier);
        }
    }

    [Fact]
    public async Task Names_are_any_text()
    {
        string[] names =
        [
            "", "/", "..", "../../etc/passwd", "\0", "a\0b", "\n", "grüß", "日本語", "\U0001F600", "C:\\con",
            new string('n', 4096), new string('ü', 32_767), " ",
        ];
        Sample sample = new([.. names.Select((n, i) => new SampleOutput(n, [(byte)i]))]);
        await RoundTripAsync([(Sample.Key(1), sample)]);
    }

    [Theory]
    [InlineData(0xD800, 1)]
    [InlineData(0xDC00, 1)]
    [InlineData('n', 65_536)]
    public async Task Names_that_are_no_text_or_too_long_are_refused(int character, int count)
    {
        string name = new((char)character, count);
        using ArtifactStore store = _scratch.Open(_options);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(
            () => store.PutAsync(Sample.Key(1), ArtifactOutcome.Success,
            [ArtifactPayload.FromBytes(name, new byte[1])]).AsTask());
        Assert.Equal("payloads", error.ParamName);
        ArtifactOutcome outcome = new() { Verdicts = [new ArtifactVerdict { Name = name }] };
        error = await Assert.ThrowsAsync<ArgumentException>(() => store.PutAsync(Sample.Key(1), outcome, []).AsTask());
        Assert.Equal("outcome", error.ParamName);
        Sample.AssertAbsent(store, Sample.Key(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Loose)]
    [InlineData(5_000_000)]
    public async Task Streams_of_any_length(int length)
    {
        Sample both = new([]) { StandardOutput = Sample.Bytes(length, 1), StandardError = Sample.Bytes(length + 1, 2) };
        Sample output = both with { StandardError = [] };
        Sample error = both with { StandardOutput = [], Outputs = [new SampleOutput("x", [1, 2, 3])] };
        await RoundTripAsync([(Sample.Key(1), both), (Sample.Key(2), output), (Sample.Key(3), error)]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(255)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public async Task Exit_codes_of_any_value(int exitCode) =>
        await RoundTripAsync([(Sample.Key(1), Sample.OfLength(3) with { ExitCode = exitCode })]);

    [Fact]
    public async Task Modes_of_any_bits()
    {
        UnixFileMode?[] modes =
            [null, UnixFileMode.None, (UnixFileMode)0xFFF, UnixFileMode.SetUser, UnixFileMode.OtherExecute];
        Sample sample = new([.. modes.Select((m, i) => new SampleOutput($"{i}", [1]) { Mode = m })]);
        await RoundTripAsync([(Sample.Key(1), sample)]);
    }

    [Fact]
    public async Task Everything_beside_the_payloads_is_read_back()
    {
        DateTimeOffset stored = new(2020, 5, 6, 7, 8, 9, 123, TimeSpan.FromHours(2));
        ArtifactOutcome outcome = new()
        {
            Extra = Sample.Bytes(100_000),
            StoredAt = stored,
            Provenance = ArtifactProvenance.SizeChecked,
            Verdicts =
            [
                new ArtifactVerdict { Name = "", ExitCode = -5 },
                new ArtifactVerdict { Name = "v", StandardOutput = Sample.Bytes(5, 1),
                    StandardError = Sample.Bytes(70_000, 2) },
            ],
        };
        using (ArtifactStore store = _scratch.Open(_options))
        {
            await store.PutAsync(Sample.Key(1), outcome, []);
        }

        using ArtifactStore reopened = _scratch.Open(_options);
        Assert.True(reopened.TryGetMetadata(Sample.Key(1), out ArtifactMetadata? metadata));
        Assert.Equal(stored, metadata.StoredAt);
        Assert.Equal(TimeSpan.Zero, metadata.StoredAt.Offset);
        Assert.Equal(ArtifactProvenance.SizeChecked, metadata.Provenance);
        Assert.Equal(outcome.Extra.ToArray(), metadata.Extra.ToArray());
        Assert.Equal(["", "v"], metadata.Verdicts.Select(v => v.Name));
        Assert.Equal([-5, 0], metadata.Verdicts.Select(v => v.ExitCode));
        Assert.Equal(Sample.Bytes(5, 1), metadata.Verdicts[1].StandardOutput.ToArray());
        Assert.Equal(Sample.Bytes(70_000, 2), metadata.Verdicts[1].StandardError.ToArray());
    }

    [Fact]
    public async Task Of_writers_of_one_key_one_wins_whole()
    {
        using ArtifactStore store = _scratch.Open(_options);
        Sample[] samples =
        [
            .. Enumerable.Range(0, 8).Select(w => new Sample(
                [.. Enumerable.Range(0, w + 1).Select(i => new SampleOutput($"{i}", Sample.Bytes(100 << w, w)))])),
        ];
        await Task.WhenAll(samples.Select(s => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await s.PutAsync(store, Sample.Key(1));
                using PayloadLease now = store.EnsurePayloads(Sample.Key(1));
                AssertOneOf(samples, now);
            }
        })));

        using PayloadLease lease = store.EnsurePayloads(Sample.Key(1));
        AssertOneOf(samples, lease);
        StoreStats stats = store.GetStats();
        Assert.Equal((1, lease.Count), (stats.Artifacts, stats.Payloads));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(8192)]
    [InlineData(16 << 10)]
    [InlineData(64 << 10)]
    [InlineData(128 << 10)]
    public async Task What_is_too_long_for_a_segment_spills(int segmentBytes)
    {
        PackStoreOptions options = new() { SegmentSizeBytes = segmentBytes };
        int[] lengths = [0, 1, 500, 3000, 4096, 60_000, 65_536, 65_537, 150_000];
        (ArtifactKey, Sample)[] artifacts =
        [
            .. lengths.Select((n, i) => (Sample.Key(i), new Sample(
                [new SampleOutput("small", Sample.Bytes(30, i)), new SampleOutput("large", Sample.Bytes(n, i)),
                    new SampleOutput("zstd", Sample.Text(n, i), PayloadEncoding.Zstd)])
            { StandardError = Sample.Bytes(n / 3) })),
        ];
        await RoundTripAsync(artifacts, options: options);
    }

    [Fact]
    public async Task Compressed_payloads_that_spill_stay_compressed()
    {
        byte[] half = [.. Sample.Bytes(9000), .. Sample.Text(9000)];
        Sample sample = new([new SampleOutput("x", half, PayloadEncoding.Zstd)]);
        PackStoreOptions options = new() { SegmentSizeBytes = 4096 };
        await RoundTripAsync([(Sample.Key(1), sample)], options: options);
        using ArtifactStore store = _scratch.Open(options);
        using PayloadLease lease = store.EnsurePayloads(Sample.Key(1));
        Assert.Equal((PayloadTier.Loose, PayloadEncoding.Zstd), (lease.GetInfo(0).Tier, lease.GetInfo(0).Encoding));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(64 << 10)]
    public async Task Metadata_too_long_for_a_segment_is_refused_and_leaves_nothing(int segmentBytes)
    {
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { SegmentSizeBytes = segmentBytes });
        Sample sample = Sample.OfLength(1000) with { Extra = new byte[segmentBytes] };
        await Assert.ThrowsAsync<ArgumentException>(() => sample.PutAsync(store, Sample.Key(1)).AsTask());

        Sample.AssertAbsent(store, Sample.Key(1));
        Assert.DoesNotContain(_scratch.Files(), f => f.StartsWith("loose", StringComparison.Ordinal));
        await Sample.OfLength(100).PutAsync(store, Sample.Key(1));
        Sample.OfLength(100).AssertIn(store, Sample.Key(1));
    }

    [SkippableFact]
    [Trait("Category", "Large")]
    public async Task A_payload_of_more_than_2_GiB_streams_in_and_out()
    {
        const int Pieces = 2049;
        Skip.If(new DriveInfo(_scratch.Root).AvailableFreeSpace < 8L << 30, "less than 8 GiB free");
        byte[] piece = Sample.Bytes(1 << 20);
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { Durability = Durability.None });
        ReadOnlySequence<byte> sequence = MemoryPiece.Repeat(piece, Pieces);
        await store.PutAsync(Sample.Key(1), ArtifactOutcome.Success, [ArtifactPayload.FromSequence("huge", sequence)]);

        PayloadOwner owner;
        using (PayloadLease lease = store.EnsurePayloads(Sample.Key(1)))
        {
            Assert.True(lease.IsHit);
            owner = lease.ToOwner();
            bool thrown = false;
            try
            {
                _ = lease[0];
            }
            catch (InvalidOperationException)
            {
                thrown = true;
            }

            Assert.True(thrown);
        }

        using (owner)
        {
            Assert.Throws<InvalidOperationException>(() => owner[0]);
            ReadOnlySequence<byte> read = owner.GetSequence(0);
            Assert.Equal((long)Pieces << 20, read.Length);
            for (int i = 0; i < Pieces; i++)
            {
                Assert.True(read.Slice((long)i << 20, 1 << 20).ToArray().AsSpan().SequenceEqual(piece));
            }
        }
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int length) => MemoryPiece.Cut(bytes, length);

    private static void AssertOneOf(Sample[] samples, in PayloadLease lease)
    {
        bool found = false;
        foreach (Sample sample in samples)
        {
            found |= sample.Difference(lease) is null;
        }

        Assert.True(found);
    }

    private async Task RoundTripAsync(
        IReadOnlyList<(ArtifactKey Key, Sample Sample)> artifacts,
            ulong hashMask = ulong.MaxValue, PackStoreOptions? options = null)
    {
        using (ArtifactStore store = _scratch.Open(options ?? _options, hashMask))
        {
            foreach ((ArtifactKey key, Sample sample) in artifacts)
            {
                await sample.PutAsync(store, key);
            }

            AssertAll(store, artifacts);
        }

        using ArtifactStore reopened = _scratch.Open(options ?? _options, hashMask);
        AssertAll(reopened, artifacts);
    }

    private static void AssertAll(ArtifactStore store, IReadOnlyList<(ArtifactKey Key, Sample Sample)> artifacts)
    {
        foreach ((ArtifactKey key, Sample sample) in artifacts)
        {
            sample.AssertIn(store, key);
        }

        StoreStats stats = store.GetStats();
        Assert.Equal(artifacts.Count, stats.Artifacts);
        Assert.Equal(artifacts.Sum(a => a.Sample.Outputs.Count), stats.Payloads);
    }
}
