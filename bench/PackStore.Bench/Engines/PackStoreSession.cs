using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>Reads of PackStore: a lease a key, or a batch of sixteen.</summary>
internal sealed class PackStoreSession(ArtifactStore store, bool batched) : PeerSession
{
    private const int BatchLength = 16;
    private readonly PayloadBatchSlot[] _slots = new PayloadBatchSlot[BatchLength];

    internal override int Touch(KeyRun run, int start, int count, ref ulong sink)
    {
        int hits = 0;
        ulong sum = 0;
        ArtifactKey[] keys = run.Keys;
        for (int i = start; i < start + count; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(in keys[i]);
            if (lease.IsHit)
            {
                hits++;
                for (int p = 0; p < lease.Count; p++)
                {
                    sum += Consume.Start(lease[p]);
                }
            }
        }

        sink += sum;
        return hits;
    }

    internal override int ReadWhole(KeyRun run, int start, int count, ref ulong sink)
    {
        int hits = 0;
        ArtifactKey[] keys = run.Keys;
        for (int i = start; i < start + count; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(in keys[i]);
            if (lease.IsHit)
            {
                hits++;
                for (int p = 0; p < lease.Count; p++)
                {
                    sink += Consume.All(lease[p]);
                }
            }
        }

        return hits;
    }

    internal override int TouchBatched(KeyRun run, int start, int count, ref ulong sink)
    {
        if (!batched)
        {
            return Touch(run, start, count, ref sink);
        }

        int hits = 0;
        ulong sum = 0;
        for (int at = start; at < start + count; at += BatchLength)
        {
            int length = Math.Min(BatchLength, start + count - at);
            using PayloadBatch batch = store.EnsurePayloads(run.Keys.AsSpan(at, length), _slots);
            for (int i = 0; i < batch.Count; i++)
            {
                PayloadLease lease = batch[i];
                if (lease.IsHit)
                {
                    hits++;
                    for (int p = 0; p < lease.Count; p++)
                    {
                        sum += Consume.Start(lease[p]);
                    }
                }
            }
        }

        sink += sum;
        return hits;
    }
}
