using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>PackStore through its public API with default options; batched or one by one.</summary>
internal sealed class PackStorePeer(bool batched) : Peer
{
    private const int PutBatch = 64;
    private ArtifactStore? _store;

    internal override string Settings => batched
        ? "default options (durable: OnCommit), PutManyAsync of 64, batched EnsurePayloads of 16"
        : "default options (durable: OnCommit), PutAsync one by one, EnsurePayloads one by one";

    internal override long AllowedSlackBytes => Store.GetStats().SegmentSizeBytes;

    internal ArtifactStore Store => _store ?? throw new InvalidOperationException("Not open.");

    internal override void Open(PeerSetup setup) => _store = ArtifactStore.Open(setup.Directory, new PackStoreOptions
    {
        Durability = setup.Durable ? Durability.OnCommit : Durability.OnFlush,
    });

    internal override PeerSession CreateSession() => new PackStoreSession(Store, batched);

    internal override async Task PutAsync(Corpus corpus, long first, int count)
    {
        if (!batched || count == 1)
        {
            for (long i = first; i < first + count; i++)
            {
                await Store.PutAsync(Keys.Make(i), Outcome(corpus, i), Payloads(corpus, i)).ConfigureAwait(false);
            }

            return;
        }

        var puts = new List<ArtifactPut>(PutBatch);
        for (long i = first; i < first + count; i++)
        {
            puts.Add(new ArtifactPut
            {
                Key = Keys.Make(i),
                Outcome = Outcome(corpus, i),
                Payloads = Payloads(corpus, i),
            });
            if (puts.Count == PutBatch || i == first + count - 1)
            {
                await Store.PutManyAsync(puts).ConfigureAwait(false);
                puts.Clear();
            }
        }
    }

    internal override async Task StreamAsync(long artifact, ReadOnlyMemory<byte> piece, int pieces)
    {
        ArtifactWriter writer = Store.CreateWriter(Keys.Make(artifact));
        await using (writer.ConfigureAwait(false))
        {
            System.Buffers.IBufferWriter<byte> payload = writer.AddPayload("stream.bin");
            for (int i = 0; i < pieces; i++)
            {
                piece.Span.CopyTo(payload.GetSpan(piece.Length));
                payload.Advance(piece.Length);
            }

            await writer.CommitAsync(ArtifactOutcome.Success).ConfigureAwait(false);
        }
    }

    internal override Task FlushAsync() => Store.FlushAsync().AsTask();

    public override void Dispose()
    {
        _store?.Dispose();
        _store = null;
    }

    private static ArtifactOutcome Outcome(Corpus corpus, long artifact)
    {
        ReadOnlyMemory<byte> metadata = corpus.Metadata(artifact);
        return metadata.IsEmpty ? ArtifactOutcome.Success : new ArtifactOutcome { Extra = metadata };
    }

    private static ArtifactPayload[] Payloads(Corpus corpus, long artifact)
    {
        var payloads = new ArtifactPayload[corpus.PayloadCount];
        for (int p = 0; p < payloads.Length; p++)
        {
            payloads[p] = ArtifactPayload.FromBytes(corpus.Names[p], corpus.Payload(artifact, p));
        }

        return payloads;
    }
}
