using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>One put, removal or flush from the public edge to its durability.</summary>
internal static class PutSession
{
    /// <summary>Refuses <c>default</c>.</summary>
    public static void CheckKey(in ArtifactKey key)
    {
        if (key.Length == 0)
        {
            throw new ArgumentException("The key is default; make one with Parse or FromBytes.", nameof(key));
        }
    }

    /// <summary>Refuses what no put may have.</summary>
    public static void Check(in ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads)
    {
        CheckKey(key);
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(payloads);
        if (payloads.Count > Format.FormatLimits.MaxPayloads)
        {
            throw new ArgumentException(
                $"An artifact has at most {Format.FormatLimits.MaxPayloads} outputs; got {payloads.Count}.",
                    nameof(payloads));
        }

        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i] is null)
            {
                throw new ArgumentException($"Output {i} is null.", nameof(payloads));
            }
        }
    }

    public static ValueTask PutAsync(
        StoreEngine engine, ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Has(payloads, PayloadSourceKind.PendingFile))
        {
            return PutPendingAsync(engine, key, outcome, payloads, cancellationToken);
        }

        if (Has(payloads, PayloadSourceKind.Pipe))
        {
            return PutPipesAsync(engine, key, outcome, payloads, cancellationToken);
        }

        using EncodedPut encoded = engine.Encoder!.Encode(key, outcome, payloads, keepPending: false);
        return AfterAppend(engine, Append(engine, encoded));
    }

    public static async ValueTask PutManyAsync(
        StoreEngine engine, IReadOnlyList<ArtifactPut> artifacts, CancellationToken cancellationToken)
    {
        const int BatchBytes = 4 << 20;
        List<EncodedPut> batch = [];
        long bytes = 0;
        ulong sequence = 0;
        try
        {
            for (int i = 0; i < artifacts.Count; i++)
            {
                ArtifactPut put = artifacts[i];
                cancellationToken.ThrowIfCancellationRequested();
                if (Has(put.Payloads, PayloadSourceKind.PendingFile))
                {
                    // What came before in the list is put before, so that the last of several for one key wins.
                    sequence = Math.Max(sequence, AppendBatch(engine, batch));
                    bytes = 0;
                    await PutPendingAsync(engine, put.Key, put.Outcome, put.Payloads, cancellationToken)
                        .ConfigureAwait(false);
                    continue;
                }

                EncodedPut encoded = Has(put.Payloads, PayloadSourceKind.Pipe)
                    ? await engine.Encoder!.EncodeAsync(put.Key, put.Outcome, put.Payloads,
                        cancellationToken).ConfigureAwait(false)
                    : engine.Encoder!.Encode(put.Key, put.Outcome, put.Payloads, keepPending: false);
                batch.Add(encoded);
                bytes += encoded.Record!.RecordLength;
                if (bytes >= BatchBytes || bytes >= engine.Admission.BatchBytes
                    || bytes >= engine.Writes!.MaxRecordLength / 2)
                {
                    sequence = Math.Max(sequence, AppendBatch(engine, batch));
                    bytes = 0;
                }
            }

            sequence = Math.Max(sequence, AppendBatch(engine, batch));
            await AfterAppend(engine, sequence).ConfigureAwait(false);
        }
        finally
        {
            batch.ForEach(static e => e.Dispose());
        }
    }

    public static async ValueTask<bool> RemoveAsync(StoreEngine engine, ArtifactKey key)
    {
        bool wasPending;
        bool wasThere;
        ulong sequence;
        engine.Checkpoints!.EnsureMarked();
        if (engine.Writes!.IsReserveLow())
        {
            // On a full disk: many removals take more than is kept for them, and what they remove gives it back.
            engine.Bound.TryFree(1);
        }

        lock (engine.Core.WriteLock)
        {
            // A pending artifact hides what stands in the index until that is gone: else an older version would be a
            // hit once more.
            wasPending = engine.Pending!.TryGet(key, out _);
            sequence = engine.Writes!.Remove(key, out wasThere);
            engine.Pending.Cancel(key);
        }

        if (sequence != 0)
        {
            await AfterAppend(engine, sequence).ConfigureAwait(false);
        }

        return wasPending || wasThere;
    }

    public static async ValueTask FlushAsync(StoreEngine engine, CancellationToken cancellationToken)
    {
        await engine.Pending!.DrainAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await engine.Commits!.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts an artifact whose payloads a caller has written.</summary>
    public static async ValueTask PutStagedAsync(
        StoreEngine engine, ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<StagedOutput> outputs,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using EncodedPut encoded = engine.Encoder!.EncodeStaged(key, outcome, outputs);
        await AfterAppend(engine, Append(engine, encoded)).ConfigureAwait(false);
    }

    private static async ValueTask PutPendingAsync(
        StoreEngine engine, ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
        CancellationToken cancellationToken)
    {
        if (Has(payloads, PayloadSourceKind.Pipe))
        {
            throw new ArgumentException("A pipe and a pending file cannot be outputs of one put.", nameof(payloads));
        }

        cancellationToken.ThrowIfCancellationRequested();
        engine.Checkpoints!.EnsureMarked();
        if (engine.Core.Options.Durability == Durability.OnCommit)
        {
            // The caller waits until it is durable, so nothing is pending: a file that cannot be copied is the put's
            // own
            // failure.
            using EncodedPut encoded = engine.Encoder!.Encode(key, outcome, payloads, keepPending: false);
            await AfterAppend(engine, Append(engine, encoded)).ConfigureAwait(false);
            return;
        }

        engine.Pending!.Add(key, outcome, payloads, cancellationToken);
    }

    private static bool Has(IReadOnlyList<ArtifactPayload> payloads, PayloadSourceKind kind)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Kind == kind)
            {
                return true;
            }
        }

        return false;
    }

    private static async ValueTask PutPipesAsync(
        StoreEngine engine, ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
        CancellationToken cancellationToken)
    {
        using EncodedPut encoded = await engine.Encoder!
            .EncodeAsync(key, outcome, payloads, cancellationToken).ConfigureAwait(false);
        await AfterAppend(engine, Append(engine, encoded)).ConfigureAwait(false);
    }

    private static ulong Append(StoreEngine engine, EncodedPut encoded)
    {
        PreparedRecord record = encoded.Record!;
        engine.Admission.Charge(record.RecordLength);
        try
        {
            engine.Checkpoints!.EnsureMarked();
            int appended = 0;
            ulong sequence = AppendOrMakeRoom(engine, new ReadOnlySpan<PreparedRecord>(ref record), ref appended);
            encoded.Commit();
            return sequence;
        }
        finally
        {
            engine.Admission.Release(record.RecordLength);
        }
    }

    /// <summary>A disk that is full may have room for what is live only: then what is dead makes way.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="records">What to append.</param>
    /// <param name="appended">How many were, also if this throws.</param>
    private static ulong AppendOrMakeRoom(
        StoreEngine engine, ReadOnlySpan<PreparedRecord> records, ref int appended)
    {
        try
        {
            return engine.Writes!.AppendAll(records, out appended);
        }
        catch (StoreFullException)
        {
            // Not in a filter: those run before the write lock is given back, and making room takes locks outside it.
            long missing = 0;
            foreach (PreparedRecord record in records[appended..])
            {
                missing += record.RecordLength;
            }

            if (!engine.Bound.TryFree(missing))
            {
                throw;
            }
        }

        int before = appended;
        int more = 0;
        try
        {
            return engine.Writes!.AppendAll(records[before..], out more);
        }
        finally
        {
            appended = before + more;
        }
    }

    private static ulong AppendBatch(StoreEngine engine, List<EncodedPut> batch)
    {
        if (batch.Count == 0)
        {
            return 0;
        }

        PreparedRecord[] records = [.. batch.Select(static e => e.Record!)];
        long bytes = records.Sum(static r => (long)r.RecordLength);
        engine.Admission.Charge(bytes);
        int appended = 0;
        try
        {
            engine.Checkpoints!.EnsureMarked();
            return AppendOrMakeRoom(engine, records, ref appended);
        }
        finally
        {
            for (int i = 0; i < batch.Count; i++)
            {
                if (i < appended)
                {
                    batch[i].Commit();
                }

                batch[i].Dispose();
            }

            batch.Clear();
            engine.Admission.Release(bytes);
        }
    }

    private static ValueTask AfterAppend(StoreEngine engine, ulong sequence) =>
        engine.Core.Options.Durability == Durability.OnCommit && sequence != 0
            ? new ValueTask(engine.Commits!.FlushAsync())
            : ValueTask.CompletedTask;
}
