using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using PackStore.Engine.Space;
using PackStore.Proof;

namespace PackStore.Engine.Writing;

/// <summary>
/// Artifacts that are hits already while their files are still being copied. Worked off in order by one pool thread.
/// </summary>
/// <remarks>A newer put or a removal of the same key overtakes a pending one: it is then dropped unseen.</remarks>
internal sealed class PendingPuts(
    StoreCore core, PutEncoder encoder, WritePath writes, Admission admission)
{
    private readonly ConcurrentDictionary<ArtifactKey, PendingPut> _byKey = new();
    private readonly ConcurrentQueue<PendingPut> _queue = new();
    private readonly Lock _lock = new();
    private Task _worker = Task.CompletedTask;
    private int _count;

    /// <summary>Whether nothing is pending: one load on the hit path.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Makes an artifact a hit at once and persists it in the background.</summary>
    public void Add(
        ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
            CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The caller's memory is read until the put completes and no longer, so what is encoded again later is owned.
        outcome = Own(outcome);
        payloads = [.. payloads.Select(Own)];
        using EncodedPut encoded = encoder.Encode(key, outcome, payloads, keepPending: true);
        byte[] record = new byte[encoded.Record!.RecordLength];
        encoded.Record.Front.CopyTo(record);
        int at = encoded.Record.Front.Length;
        foreach (ReadOnlyMemory<byte> piece in encoded.Record.Rest)
        {
            piece.CopyTo(record.AsMemory(at));
            at += piece.Length;
        }

        // Loose files of the other payloads stay: the record in memory names them, and the one on disk makes its own.
        encoded.HandOver();
        PendingPut pending = new(key, outcome, payloads, record, encoded.PendingPaths!);
        lock (core.WriteLock)
        {
            if (_byKey.TryGetValue(key, out PendingPut? overtaken))
            {
                // In one step: without either, an older version in the index would be a hit once more.
                _byKey[key] = pending;
                overtaken.DropLooseFiles(core);
            }
            else
            {
                Interlocked.Increment(ref _count);
                core.AddDetour();
                SchedulePoint.Reach("pending.counted");
                _byKey[key] = pending;
            }
        }

        SchedulePoint.Reach("pending.added");

        _queue.Enqueue(pending);
        lock (_lock)
        {
            _worker = _worker.ContinueWith(
                _ => PersistNext(), CancellationToken.None, TaskContinuationOptions.None, SchedulePoint.Background);
        }
    }

    /// <summary>The pending artifact of a key.</summary>
    public bool TryGet(in ArtifactKey key, [NotNullWhen(true)] out PendingPut? pending) =>
        _byKey.TryGetValue(key, out pending);

    /// <summary>Forgets the pending artifact of a key. Under the write lock.</summary>
    public bool Cancel(ArtifactKey key)
    {
        if (IsEmpty || !_byKey.TryRemove(key, out PendingPut? dropped))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        core.RemoveDetour();
        dropped.DropLooseFiles(core);
        return true;
    }

    /// <summary>Completes when everything pending at the call is in the store or was found lost.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            return _worker;
        }
    }

    private void PersistNext()
    {
        if (!_queue.TryDequeue(out PendingPut? pending) || !IsCurrent(pending))
        {
            return;
        }

        try
        {
            using EncodedPut encoded = encoder.Encode(
                pending.Key, pending.Outcome, pending.Payloads, keepPending: false);
            if (!pending.IsSameContent(encoded))
            {
                throw new IOException("a pending file changed");
            }

            SchedulePoint.Reach("pending.encoded");
            admission.Charge(encoded.Record!.RecordLength);
            try
            {
                lock (core.WriteLock)
                {
                    if (IsCurrentOrPlanted(pending))
                    {
                        // Publishing cancels the pending entry of the key, which is this one.
                        writes.Append([encoded.Record!]);
                        encoded.Commit();
                    }
                }
            }
            finally
            {
                admission.Release(encoded.Record!.RecordLength);
            }
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or ArgumentException or ObjectDisposedException)
        {
            core.Log.PendingLost(pending.Key.ToString(), e.Message);
            lock (core.WriteLock)
            {
                if (IsCurrent(pending))
                {
                    Cancel(pending.Key);
                }
            }
        }
    }

    private static ArtifactPayload Own(ArtifactPayload payload) => payload.Kind == PayloadSourceKind.Bytes
        ? ArtifactPayload.FromBytes(payload.Name, payload.Bytes.ToArray()).With(payload.Encoding, payload.Mode)
        : payload;

    private ArtifactOutcome Own(ArtifactOutcome outcome) => new()
    {
        ExitCode = outcome.ExitCode,
        StandardOutput = outcome.StandardOutput.ToArray(),
        StandardError = outcome.StandardError.ToArray(),
        Verdicts =
        [
            .. outcome.Verdicts.Select(v => new ArtifactVerdict
            {
                Name = v.Name,
                ExitCode = v.ExitCode,
                StandardOutput = v.StandardOutput.ToArray(),
                StandardError = v.StandardError.ToArray(),
            }),
        ],
        Extra = outcome.Extra.ToArray(),
        StoredAt = outcome.StoredAt ?? core.Options.TimeProvider.GetUtcNow(),
        LastUsed = outcome.LastUsed,
        Provenance = outcome.Provenance,
    };

    private bool IsCurrentOrPlanted(PendingPut pending)
    {
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.PendingNotOvertaken))
        {
            return true;
        }
#endif
        return IsCurrent(pending);
    }

    /// <summary>Whether it is pending still: not written, not overtaken, not removed.</summary>
    public bool IsCurrent(PendingPut pending) =>
        _byKey.TryGetValue(pending.Key, out PendingPut? current) && ReferenceEquals(current, pending);
}
