using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Index;

/// <summary>The index inside a store: it grows beside its readers, and collisions of hashes are no matter.</summary>
public sealed class IndexGrowthTests : IDisposable
{
    private readonly ScratchStore _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Readers_beside_growth_never_miss_what_is_there_and_never_hit_what_is_not()
    {
        const int Count = 300_000;
        ArtifactKey[] keys = [.. Enumerable.Range(0, Count).Select(Number)];
        using ArtifactStore store = _scratch.Open(new PackStoreOptions { Durability = Durability.None });
        int put = 0;
        Task<int>[] readers =
        [
            .. Enumerable.Range(0, 2).Select(seed => Task.Run(() =>
            {
                Random random = new(seed);
                int wrong = 0;
                for (int seen = 0; seen < Count && wrong == 0;)
                {
                    seen = Volatile.Read(ref put);
                    if (seen > 0)
                    {
                        int number = random.Next(seen);
                        wrong += IsNumber(store, keys[number], number) ? 0 : 1;
                        wrong += store.Contains(Number(Count + random.Next(Count))) ? 1 : 0;
                    }
                }

                return wrong;
            })),
        ];
        for (int from = 0; from < Count; from += 1000)
        {
            await store.PutManyAsync([.. Enumerable.Range(from, 1000).Select(i => new ArtifactPut
            {
                Key = keys[i],
                Payloads = [ArtifactPayload.FromBytes("", BitConverter.GetBytes(i))],
            })]);
            Volatile.Write(ref put, from + 1000);
        }

        int[] wrong = await Task.WhenAll(readers);
        Assert.True(wrong is [0, 0]);
        Assert.Equal(Count, store.GetStats().Artifacts);
        Assert.InRange(store.GetStats().IndexLoad, 0.3, 0.8);
        Assert.All(keys, key => Assert.True(store.Contains(key)));
    }

    [Theory]
    [InlineData(0xFFUL)]
    [InlineData(0xF0F0UL)]
    [InlineData(0xF000_0000_0000_0000UL)]
    [InlineData(0UL)]
    public async Task A_store_whose_hashes_collide_behaves_like_a_dictionary(ulong hashMask)
    {
        const int Keys = 400;
        Random random = new((int)hashMask);
        Dictionary<int, int> model = [];
        PackStoreOptions options = new() { SegmentSizeBytes = 64 << 10, Durability = Durability.None };
        for (int life = 0; life < 3; life++)
        {
            using ArtifactStore store = _scratch.Open(options, hashMask);
            for (int i = 0; i < 1500; i++)
            {
                int number = random.Next(Keys);
                if (random.Next(3) == 0)
                {
                    Assert.Equal(model.Remove(number), await store.RemoveAsync(Number(number)));
                }
                else
                {
                    model[number] = i;
                    await store.PutAsync(
                        Number(number), ArtifactOutcome.Success,
                            [ArtifactPayload.FromBytes("", BitConverter.GetBytes(i))]);
                }
            }

            AssertSame(model, store, Keys);
        }

        Directory.Delete(_scratch.Inside("index"), recursive: true);
        using (ArtifactStore rebuilt = _scratch.Open(options, hashMask))
        {
            AssertSame(model, rebuilt, Keys);
        }
    }

    private static bool IsNumber(ArtifactStore store, in ArtifactKey key, int number)
    {
        using PayloadLease lease = store.EnsurePayloads(key);
        return lease.IsHit && BitConverter.ToInt32(lease[0]) == number;
    }

    private static ArtifactKey Number(int number) => ArtifactKey.FromBytes(BitConverter.GetBytes((long)number));

    private static void AssertSame(Dictionary<int, int> model, ArtifactStore store, int keys)
    {
        for (int i = 0; i < keys; i++)
        {
            using PayloadLease lease = store.EnsurePayloads(Number(i));
            Assert.Equal(model.ContainsKey(i), lease.IsHit);
            Assert.Equal(model.GetValueOrDefault(i), lease.IsHit ? BitConverter.ToInt32(lease[0]) : 0);
        }

        Assert.Equal(model.Keys.Select(Number).Order(), store.EnumerateKeys().Order());
        Assert.Equal(model.Count, store.GetStats().Artifacts);
    }
}
