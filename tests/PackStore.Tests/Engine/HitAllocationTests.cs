using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>The read path allocates nothing: not little, nothing. Bytes are counted, no time is taken.</summary>
public sealed class HitAllocationTests : IDisposable
{
    private const int Artifacts = 64;
    private const int Batch = 16;
    private const int WarmUps = 2_000;
    private const int Operations = 10_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("packstore-alloc-").FullName;
    private readonly ArtifactKey[] _present = Keys(0);
    private readonly ArtifactKey[] _absent = Keys(1);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_hit_allocates_nothing()
    {
        await using ArtifactStore store = await FillAsync();

        Assert.Equal(0, Allocated(store, static (store, test, i) => Hit(store, test._present[i % Artifacts])));
    }

    [Fact]
    public async Task A_hit_that_is_no_use_allocates_nothing()
    {
        await using ArtifactStore store = await FillAsync();

        Assert.Equal(0, Allocated(store, static (store, test, i) => Peek(store, test._present[i % Artifacts])));
    }

    [Fact]
    public async Task A_miss_allocates_nothing()
    {
        await using ArtifactStore store = await FillAsync();

        Assert.Equal(0, Allocated(store, static (store, test, i) => Hit(store, test._absent[i % Artifacts])));
    }

    [Fact]
    public async Task A_batch_of_hits_and_misses_allocates_nothing()
    {
        await using ArtifactStore store = await FillAsync();
        var slots = new PayloadBatchSlot[Batch];
        ArtifactKey[] keys = [.. _present.Take(Batch - 2), .. _absent.Take(2)];

        Assert.Equal(0, Allocated(store, (store, _, _) => HitBatch(store, keys, slots)));
    }

    [Fact]
    public async Task Contains_allocates_nothing()
    {
        await using ArtifactStore store = await FillAsync();

        Assert.Equal(0, Allocated(store, static (store, test, i) =>
            (store.Contains(in test._present[i % Artifacts]) ? 1 : 0) +
            (store.Contains(in test._absent[i % Artifacts]) ? 2 : 0)));
    }

    [Fact]
    public async Task Hits_after_a_reopen_allocate_nothing()
    {
        await (await FillAsync()).DisposeAsync();
        await using ArtifactStore store = ArtifactStore.Open(_directory);

        Assert.Equal(0, Allocated(store, static (store, test, i) => Hit(store, test._present[i % Artifacts])));
    }

    [Fact]
    public async Task Hits_whose_pages_may_have_been_taken_allocate_nothing()
    {
        await using ArtifactStore store = await FillAsync();

        Assert.Equal(0, Allocated(store, static (store, test, i) =>
        {
            if (i % Artifacts == 0)
            {
                // As the tick does where memory is short.
                store.Engine.Core.Residency.Advance();
            }

            return Hit(store, test._present[i % Artifacts]);
        }));
    }

    private static ArtifactKey[] Keys(byte kind)
    {
        var keys = new ArtifactKey[Artifacts];
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        for (int i = 0; i < Artifacts; i++)
        {
            bytes[0] = (byte)i;
            bytes[31] = kind;
            keys[i] = ArtifactKey.FromBytes(bytes);
        }

        return keys;
    }

    private async Task<ArtifactStore> FillAsync()
    {
        ArtifactStore store = ArtifactStore.Open(_directory);
        for (int i = 0; i < Artifacts; i++)
        {
            var outcome = new ArtifactOutcome { StandardOutput = new byte[i] };
            await store.PutAsync(_present[i], outcome,
            [
                ArtifactPayload.FromBytes("first", new byte[i * 37]),
                ArtifactPayload.FromBytes("second", new byte[i * 1501]),
            ]);
        }

        await store.FlushAsync();
        return store;
    }

    /// <summary>Bytes this thread allocates over the operations, once everything has been compiled and
    /// touched.</summary>
    private long Allocated(ArtifactStore store, Func<ArtifactStore, HitAllocationTests, int, long> operation)
    {
        long sum = 0;
        for (int i = 0; i < WarmUps; i++)
        {
            sum += operation(store, this, i);
        }

        // The least of three: what the runtime does once, on the first call of a slower way, is no operation's cost.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Operations; i++)
            {
                sum += operation(store, this, i);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        GC.KeepAlive(sum);
        return least;
    }

    private static long Hit(ArtifactStore store, in ArtifactKey key)
    {
        using PayloadLease lease = store.EnsurePayloads(in key);
        return Sum(lease);
    }

    private static long Peek(ArtifactStore store, in ArtifactKey key)
    {
        using PayloadLease lease = store.PeekPayloads(in key);
        return Sum(lease);
    }

    private static long HitBatch(ArtifactStore store, ArtifactKey[] keys, PayloadBatchSlot[] slots)
    {
        long sum = 0;
        using PayloadBatch batch = store.EnsurePayloads(keys, slots);
        for (int i = 0; i < batch.Count; i++)
        {
            PayloadLease lease = batch[i];
            sum += Sum(lease);
        }

        return sum;
    }

    private static long Sum(in PayloadLease lease)
    {
        long sum = 0;
        if (lease.IsHit)
        {
            sum += lease.StandardOutput.Length;
            for (int i = 0; i < lease.Count; i++)
            {
                ReadOnlySpan<byte> payload = lease[i];
                sum += payload.IsEmpty ? 0 : payload[^1];
            }
        }

        return sum;
    }
}
