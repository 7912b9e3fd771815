using PackStore.Engine;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Concurrency;

/// <summary>Stores are closed under threads that read them, over memory that faults once it was released: a reader that
/// is in it too long would end this process.</summary>
public class ReleaseStressTests
{
    private const int Rounds = 60;
    private const int Lookups = 120;
    private const int Keys = 6;

    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 16 << 10,
        LooseThresholdBytes = 4096,
        Durability = Durability.None,
        TimeProvider = Crash.StillClock.Instance,
    };

    [Fact]
    public void Nobody_is_in_memory_that_a_close_gave_back()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using PoisonLedger ledger = new();
            MemoryDirectory disk = new() { Ledger = ledger };
            ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
            Fill(store);
            ArtifactStore follower = ArtifactStore.AttachOver(disk, s_options);
            int done = 0;
            RealThreads.Run(
                () => Look(store, ref done),
                () => Look(follower, ref done),
                () => Own(store, ref done),
                () => List(follower, ref done),
                () =>
                {
                    CloseAfter(store, ref done, round % 40);
                    follower.Dispose();
                });
            EpochGate.Drain();
            Assert.True(SpinWait.SpinUntil(() => EpochGate.Waiting == 0, TimeSpan.FromSeconds(60)));
            Assert.Empty(ledger.Misuses);
            Assert.False(ledger.IsAnyReadable());
            disk.Discard();
        }
    }

    private static void Fill(ArtifactStore store)
    {
        for (int key = 0; key < Keys; key++)
        {
            ArtifactPut put = SampleArtifact.Put(key, 1, 200, key % 2 == 0 ? 5000 : 900);
            store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().GetAwaiter().GetResult();
        }
    }

    private static void CloseAfter(ArtifactStore store, ref int done, int lookups)
    {
        SpinWait wait = default;
        while (Volatile.Read(ref done) < lookups)
        {
            wait.SpinOnce();
        }

        store.Dispose();
    }

    private static void Look(ArtifactStore store, ref int done)
    {
        UntilClosed(ref done, i => Assert.Equal(1, SampleArtifact.VersionOf(store, i % Keys)));
    }

    private static void Own(ArtifactStore store, ref int done)
    {
        List<(int Key, PayloadOwner Owner)> owners = [];
        UntilClosed(ref done, i =>
        {
            using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(i % Keys));
            owners.Add((i % Keys, lease.ToOwner()));
        });
        foreach ((int key, PayloadOwner owner) in owners)
        {
            Assert.Equal(SampleArtifact.Payload(key, 1, 0, 200), owner[0].ToArray());
            owner.Dispose();
        }
    }

    private static void List(ArtifactStore store, ref int done) => UntilClosed(ref done, _ =>
    {
        Assert.InRange(store.EnumerateKeys().Count(), 0, Keys);
        Assert.InRange(store.GetStats().Artifacts, 0, Keys);
    });

    private static void UntilClosed(ref int done, Action<int> operation)
    {
        try
        {
            for (int i = 0; i < Lookups; i++)
            {
                operation(i);
                Interlocked.Increment(ref done);
            }
        }
        catch (ObjectDisposedException)
        {
            // That is how a reader learns that its store was closed.
            Interlocked.Add(ref done, Lookups);
        }
    }
}
