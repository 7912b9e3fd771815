using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Concurrency;

/// <summary>Threads read what another writes, in its own process and as another would: what was acknowledged before a
/// lookup began is found by it or superseded, what is removed stays removed, and all found is whole.</summary>
public class PublishStressTests
{
    private const int Versions = 40;
    private const int Keys = 60;
    private const int Removed = 600;

    [Fact]
    public void What_was_acknowledged_is_seen_by_all()
    {
        using TempStore temp = new();
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 256 << 10,
            LooseThresholdBytes = 16 << 10,
            Durability = Durability.None,
        };
        using ArtifactStore store = ArtifactStore.Open(temp.RootPath, options);
        using ArtifactStore follower = ArtifactStore.OpenReadOnly(temp.RootPath, options);
        int[] acknowledged = new int[Keys];
        int removed = 0;
        int isDone = 0;
        RealThreads.Run(
            () =>
            {
                Write(store, acknowledged, ref removed);
                Volatile.Write(ref isDone, 1);
            },
            () => Read(store, acknowledged, ref removed, ref isDone),
            () => Read(store, acknowledged, ref removed, ref isDone),
            () => Read(follower, acknowledged, ref removed, ref isDone));
    }

    /// <summary>Versions of some keys, and between them keys that come, are overwritten and go: the index grows, and
    /// segments roll.</summary>
    private static void Write(ArtifactStore store, int[] acknowledged, ref int removed)
    {
        for (int version = 1; version <= Versions; version++)
        {
            for (int key = 0; key < Keys; key++)
            {
                Put(store, key, version, 16 + (key * version % 900));
                Volatile.Write(ref acknowledged[key], version);
            }

            while (Volatile.Read(ref removed) < Removed * version / Versions)
            {
                int key = Keys + removed;
                Put(store, key, version, 100);
                Put(store, key + Removed, version, 20);
                Assert.True(store.RemoveAsync(SampleArtifact.Key(key)).AsTask().GetAwaiter().GetResult());
                Interlocked.Increment(ref removed);
            }
        }
    }

    private static void Put(ArtifactStore store, int key, int version, int length)
    {
        ArtifactPut put = SampleArtifact.Put(key, version, length);
        store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().GetAwaiter().GetResult();
    }

    private static void Read(ArtifactStore store, int[] acknowledged, ref int removed, ref int isDone)
    {
        int[] seen = new int[Keys];
        bool isLast;
        do
        {
            // Once more after the writer's end, so that the last of it all is asked for too.
            isLast = Volatile.Read(ref isDone) != 0;
            for (int key = 0; key < Keys; key++)
            {
                int least = Math.Max(Volatile.Read(ref acknowledged[key]), seen[key]);
                seen[key] = SampleArtifact.VersionOf(store, key);
                Assert.True(seen[key] >= least, $"key {key}: {seen[key]} after {least}");
            }

            int gone = Volatile.Read(ref removed);
            if (gone > 0)
            {
                int key = Keys + (seen[0] * 7919 % gone);
                Assert.Equal(0, SampleArtifact.VersionOf(store, key));
                Assert.NotEqual(0, SampleArtifact.VersionOf(store, key + Removed));
            }
        }
        while (!isLast);
    }
}
