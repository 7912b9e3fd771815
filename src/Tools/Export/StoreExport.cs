using System.Buffers;
using PackStore.Tools.Output;

namespace PackStore.Tools.Export;

/// <summary>Copies artifacts from one store into another, with all that is known of them; the next ones are read while
/// the last are written.</summary>
internal sealed class StoreExport(ArtifactStore source, ArtifactStore destination, ExportTally tally,
    ProgressMeter meter)
{
    private const int MaxBatchArtifacts = 64;
    private const long MaxBatchBytes = 1 << 20;

    private readonly long _totalBytes = source.GetStats().LiveBytes;
    private List<PayloadOwner> _batch = [];
    private long _batchBytes;
    private Task _writing = Task.CompletedTask;

    /// <summary>Copies what the filter takes. Damaged artifacts are counted and left out.</summary>
    public async Task RunAsync(ArtifactFilter filter, CancellationToken cancellationToken)
    {
        try
        {
            foreach (ArtifactMetadata artifact in source.EnumerateArtifacts())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!filter.Accepts(artifact))
                {
                    tally.LeftOut++;
                }
                else if (TryTake(artifact.Key, out PayloadOwner? owner))
                {
                    await AddAsync(owner, cancellationToken);
                }
            }

            await StartBatchAsync(cancellationToken);
            await _writing;
        }
        finally
        {
            // A write that is still under way reads memory that the owners hold.
            await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            DisposeAll(_batch);
        }
    }

    /// <summary>Whether an artifact can be read whole.</summary>
    public static bool IsReadable(ArtifactStore store, in ArtifactKey key)
    {
        using PayloadLease lease = store.PeekPayloads(key);
        return lease.IsHit;
    }

    private bool TryTake(in ArtifactKey key,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PayloadOwner? owner)
    {
        using PayloadLease lease = source.PeekPayloads(key);
        owner = lease.IsHit ? lease.ToOwner() : null;
        if (owner is null)
        {
            tally.Damaged.Add(key);
        }

        return owner is not null;
    }

    private async Task AddAsync(PayloadOwner owner, CancellationToken cancellationToken)
    {
        _batch.Add(owner);
        _batchBytes += owner.Metadata.Payloads.Sum(static p => p.Length);
        if (_batch.Count >= MaxBatchArtifacts || _batchBytes >= MaxBatchBytes)
        {
            await StartBatchAsync(cancellationToken);
        }
    }

    private async Task StartBatchAsync(CancellationToken cancellationToken)
    {
        await _writing;
        List<PayloadOwner> batch = _batch;
        _batch = [];
        _batchBytes = 0;
        _writing = Task.Run(() => WriteAsync(batch, cancellationToken), CancellationToken.None);
    }

    private async Task WriteAsync(List<PayloadOwner> batch, CancellationToken cancellationToken)
    {
        try
        {
            await destination.PutManyAsync(
                [.. batch.Where(static o => !NeedsWriter(o)).Select(MakePut)], cancellationToken);
            foreach (PayloadOwner owner in batch.Where(NeedsWriter))
            {
                await WriteOneAsync(owner, cancellationToken);
            }

            foreach (PayloadOwner owner in batch)
            {
                tally.Artifacts++;
                tally.Payloads += owner.Count;
                tally.Bytes += owner.Metadata.Payloads.Sum(static p => p.Length);
            }

            meter.Report(new ProgressPoint(
                tally.Bytes, Math.Max(_totalBytes, tally.Bytes), tally.Artifacts, tally.Damaged.Count));
        }
        finally
        {
            DisposeAll(batch);
        }
    }

    // Modes and encodings go in by a writer; a gathered put of bytes takes neither.
    private static bool NeedsWriter(PayloadOwner owner) =>
        owner.Metadata.Payloads.Any(static p => p.Mode is not null || p.Encoding != PayloadEncoding.Raw);

    private static ArtifactPut MakePut(PayloadOwner owner) => new()
    {
        Key = owner.Metadata.Key,
        Outcome = MakeOutcome(owner),
        Payloads =
        [
            .. owner.Metadata.Payloads.Select((p, i) => ArtifactPayload.FromSequence(p.Name, owner.GetSequence(i))),
        ],
    };

    private async Task WriteOneAsync(PayloadOwner owner, CancellationToken cancellationToken)
    {
        await using ArtifactWriter writer = destination.CreateWriter(owner.Metadata.Key);
        for (int i = 0; i < owner.Count; i++)
        {
            PayloadInfo payload = owner.Metadata.Payloads[i];
            IBufferWriter<byte> output = writer.AddPayload(payload.Name, payload.Encoding, payload.Mode);
            foreach (ReadOnlyMemory<byte> segment in owner.GetSequence(i))
            {
                output.Write(segment.Span);
            }
        }

        await writer.CommitAsync(MakeOutcome(owner), cancellationToken);
    }

    private static ArtifactOutcome MakeOutcome(PayloadOwner owner) => new()
    {
        ExitCode = owner.Metadata.ExitCode,
        StandardOutput = owner.StandardOutput,
        StandardError = owner.StandardError,
        Verdicts = owner.Metadata.Verdicts,
        Extra = owner.Metadata.Extra,
        StoredAt = owner.Metadata.StoredAt,
        LastUsed = owner.Metadata.LastUsed,
        Provenance = owner.Metadata.Provenance,
    };

    private static void DisposeAll(List<PayloadOwner> owners)
    {
        foreach (PayloadOwner owner in owners)
        {
            owner.Dispose();
        }

        owners.Clear();
    }
}
