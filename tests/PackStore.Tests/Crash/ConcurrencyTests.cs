using PackStore.Engine;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Crash;

/// <summary>Real threads over few keys: every hit is a whole value, and memory outlives its leases, no longer and no
/// shorter.</summary>
public class ConcurrencyTests
{
    private const int Keys = 12;
    private const int Writers = 4;
    private const int Readers = 4;
    private const int OperationsPerWriter = 600;

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(3UL)]
    public async Task Every_hit_is_a_value_that_some_writer_wrote_whole(ulong hashMask)
    {
        using TempStore temp = new();
        PackStoreOptions options = new() { SegmentSizeBytes = 1 << 20, LooseThresholdBytes = 16 << 10 };
        int[] written = new int[Keys * Writers * OperationsPerWriter];
        using (ArtifactStore store = ArtifactStore.OpenOver(PackStore.Storage.StoreDirectories.Open(temp.RootPath),
            options, hashMask))
        {
            int done = 0;
            Task[] writers = [.. Enumerable.Range(0, Writers).Select(w => OnThread(() =>
            {
                Write(store, w);
                Interlocked.Increment(ref done);
            }))];
            Task<int>[] readers = [.. Enumerable.Range(0, Readers).Select(r => OnThread(() => Read(store, r, () =>
                Volatile.Read(ref done) == Writers)))];
            await Task.WhenAll(writers);
            Assert.All(await Task.WhenAll(readers), static hits => Assert.True(hits > 0));
            Array.Copy(Versions(store), written, Keys);
        }

        using ArtifactStore again = ArtifactStore.OpenOver(PackStore.Storage.StoreDirectories.Open(temp.RootPath),
            options, hashMask);
        Assert.Equal(written.Take(Keys), Versions(again));
    }

    [Fact]
    public async Task A_lease_outlives_its_store()
    {
        PoisonLedger ledger = new();
        using TempStore temp = new();
        ArtifactStore store = ArtifactStore.OpenOver(
            new PoisoningDirectory(PackStore.Storage.StoreDirectories.Open(temp.RootPath), ledger),
                new PackStoreOptions { LooseThresholdBytes = 4096 });
        await store.PutManyAsync([SampleArtifact.Put(1, 1, 100, 9000)]);
        await OnThread(() =>
        {
            PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(1));
            PayloadOwner owner = lease.ToOwner();
            store.Dispose();
            Assert.Equal(1, SampleArtifact.VersionOf(lease, 1));
            lease.Dispose();
            Assert.Equal(SampleArtifact.Payload(1, 1, 1, 9000), owner[1].ToArray());
            owner.Dispose();
        });
        Assert.True(SpinWait.SpinUntil(() =>
            EpochGate.Waiting == 0 && ledger.ReleaseCount >= 3, TimeSpan.FromSeconds(30)));
        Assert.Throws<ObjectDisposedException>(() => SampleArtifact.VersionOf(store, 1));
    }

    [Fact]
    public void A_retirement_waits_for_leases_entered_before_it_and_for_no_other()
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        using ManualResetEventSlim ran = new();
        Thread reader = new(() =>
        {
            EpochSlot slot = EpochGate.Slot;
            ulong first = EpochGate.Enter(slot);
            ulong second = EpochGate.Enter(slot);
            slot.Leave(second);
            entered.Set();
            leave.Wait();
            slot.Leave(first);
            slot.Leave(first);
            Assert.Equal(0, slot.Held);
        });
        reader.Start();
        entered.Wait();
        EpochGate.Retire(ran.Set);
        Assert.False(ran.IsSet);
        EpochSlot own = EpochGate.Slot;
        ulong later = EpochGate.Enter(own);
        leave.Set();
        reader.Join();
        Assert.True(ran.Wait(TimeSpan.FromSeconds(30)), "a lease entered after the retirement held it up");
        own.Leave(later);
    }

    [Fact]
    public void The_slot_of_a_dead_thread_is_used_again()
    {
        HashSet<EpochSlot> slots = [];
        for (int i = 0; i < 200; i++)
        {
            Thread thread = new(() =>
            {
                EpochSlot slot = EpochGate.Slot;
                slot.Leave(EpochGate.Enter(slot));
                slots.Add(slot);
            });
            thread.Start();
            thread.Join();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(slots.Count < 100, $"{slots.Count} slots for 200 threads that lived one after the other");
    }

    private static int[] Versions(ArtifactStore store) =>
        [.. Enumerable.Range(0, Keys).Select(k => SampleArtifact.VersionOf(store, k))];

    private static void Write(ArtifactStore store, int writer)
    {
        Random random = new(writer);
        int[] lengths = [16, 100, 3000, 20_000, 70_000];
        for (int i = 0; i < OperationsPerWriter; i++)
        {
            int key = random.Next(Keys);
            int version = (i * Writers) + writer + 1;
            ArtifactPut put = SampleArtifact.Put(key, version, lengths[random.Next(lengths.Length)], 50);
            Task work = random.Next(8) switch
            {
                0 => store.RemoveAsync(put.Key).AsTask(),
                1 => store.PutManyAsync([put, SampleArtifact.Put((key + 1) % Keys, version, 200)]).AsTask(),
                2 when i % 50 == 0 => store.FlushAsync().AsTask(),
                _ => store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask(),
            };
            work.GetAwaiter().GetResult();
        }
    }

    private static int Read(ArtifactStore store, int reader, Func<bool> isOver)
    {
        Random random = new(1000 + reader);
        int hits = 0;
        for (int i = 0; i < 200 || !isOver(); i++)
        {
            hits += SampleArtifact.VersionOf(store, random.Next(Keys)) > 0 ? 1 : 0;
        }

        return hits;
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task<T> OnThread<T>(Func<T> action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
