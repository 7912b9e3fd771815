using System.Globalization;
using PackStore.TestChild;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Compaction;

/// <summary>Keys overwritten again and again under readers that hold leases, with compactions in between: every lease
/// keeps its bytes to the end. <c>PACKSTORE_CHURN_KEYS</c> and <c>PACKSTORE_CHURN_ROUNDS</c> set how much; 50,000 and
/// 20 are the full size.</summary>
public sealed class ChurnTests
{
    private const int Readers = 8;
    private const int HeldLeases = 16;

    private static int Keys => Setting("PACKSTORE_CHURN_KEYS", 2000);

    private static int Rounds => Setting("PACKSTORE_CHURN_ROUNDS", 8);

    [Fact]
    public async Task Leases_stay_exact_through_churn_and_compaction_and_the_store_verifies_clean()
    {
        using ScratchStore scratch = new();
        PackStoreOptions options = new() { SegmentSizeBytes = 1 << 20 };
        using (ArtifactStore store = scratch.Open(options))
        {
            await PutAllAsync(store, 1);
            int stop = 0;
            int done = 0;
            Thread[] readers =
            [
                .. Enumerable.Range(0, Readers).Select(i => new Thread(() =>
                {
                    Read(store, i, ref stop);
                    Interlocked.Increment(ref done);
                })),
            ];
            Array.ForEach(readers, static r => r.Start());
            try
            {
                for (int round = 2; round <= Rounds; round++)
                {
                    Task<CompactionReport> compaction = store.CompactAsync();
                    await PutAllAsync(store, round);
                    await compaction;
                }

                await store.CompactAsync();
            }
            finally
            {
                Volatile.Write(ref stop, 1);
                Array.ForEach(readers, static r => r.Join());
            }

            // One that found wrong bytes did not get here.
            Assert.Equal(Readers, done);
            StoreStats stats = store.GetStats();
            Assert.True(
                stats.DiskBytes <= (1.25 * stats.LiveBytes) + stats.SegmentSizeBytes + (1 << 20),
                $"{stats.DiskBytes} on disk for {stats.LiveBytes}");
        }

        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(scratch.Path, null, null, default);
        Assert.Empty(report.Damage);
        using ArtifactStore again = scratch.Open(options);
        for (int key = 0; key < Keys; key++)
        {
            Assert.Equal(Rounds, SampleArtifact.VersionOf(again, key));
        }
    }

    private static async Task PutAllAsync(ArtifactStore store, int version)
    {
        const int Batch = 64;
        for (int from = 0; from < Keys; from += Batch)
        {
            IEnumerable<int> keys = Enumerable.Range(from, Math.Min(Batch, Keys - from));
            await store.PutManyAsync([.. keys.Select(k => SampleArtifact.Put(k, version, 200))]);
        }
    }

    /// <summary>Takes some leases, holds them while it looks others up, and compares every byte again at the
    /// end.</summary>
    private static void Read(ArtifactStore store, int seed, ref int stop)
    {
        Random random = new(seed);
        while (Volatile.Read(ref stop) == 0)
        {
            Hold(store, random, HeldLeases);
        }
    }

    private static void Hold(ArtifactStore store, Random random, int more)
    {
        int key = random.Next(Keys);
        using PayloadLease lease = store.EnsurePayloads(SampleArtifact.Key(key));
        int version = SampleArtifact.VersionOf(lease, key);
        if (more > 0)
        {
            Hold(store, random, more - 1);
        }

        if (SampleArtifact.VersionOf(lease, key) != version)
        {
            throw new InvalidDataException($"key {key}: a lease of version {version} changed");
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
