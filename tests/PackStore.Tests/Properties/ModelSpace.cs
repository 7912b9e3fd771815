using PackStore.Tests.Engine;
using PackStore.Tests.Space;
using Xunit;

namespace PackStore.Tests.Properties;

/// <summary>What the dictionary has to know of evictions, pins and compactions: who was evicted and may be back after a
/// crash, just as it was and no older; who is pinned, for good.</summary>
internal sealed class ModelSpace(Dictionary<int, Sample> model, int keys)
{
    private const string Owner = "model";
    private static readonly double[] s_ratios = [0, 0.2, 0.6];
    private readonly Dictionary<ArtifactKey, int> _numbers = Enumerable.Range(0, keys).ToDictionary(Sample.Key);
    private readonly Dictionary<int, Sample> _evicted = [];
    private readonly HashSet<int> _pinned = [];

    /// <summary>A key has been put or removed: an older version must not come back.</summary>
    public void Forget(int key) => _evicted.Remove(key);

    /// <summary>Whether a key may still be found by who has not heard of its eviction, and as what.</summary>
    public Sample? Evicted(int key) => _evicted.GetValueOrDefault(key);

    /// <summary>Pins a key, or ends that.</summary>
    public void Pin(ArtifactStore store, int key, bool isPinned)
    {
        if (isPinned)
        {
            store.Pin([Sample.Key(key)], Owner);
            _pinned.Add(key);
        }
        else
        {
            Assert.Equal(_pinned.Remove(key) ? 1 : 0, store.Unpin([Sample.Key(key)], Owner));
        }

        Assert.Equal(_pinned.Order(), store.GetPins().Select(p => _numbers[p.Key]).Order());
    }

    /// <summary>Evicts to a share of what lives.</summary>
    public void Evict(ArtifactStore store, int seed)
    {
        long target = store.GetStats().LiveBytes * (seed % 100) / 100;
        List<int> victims = [];
        EvictionReport report = store.EvictAsync(new EvictionOptions
        {
            MaxBytes = target,
            OnVictim = victim => victims.Add(_numbers[victim.Key]),
        }).GetAwaiter().GetResult();
        Assert.Equal(victims.Count, report.Artifacts);
        Assert.Equal(victims.Distinct(), victims);
        Assert.DoesNotContain(victims, _pinned.Contains);
        foreach (int key in victims)
        {
            Assert.True(model.Remove(key, out Sample? sample));
            _evicted[key] = sample;
        }

        Assert.True(store.GetStats().LiveBytes <= target || model.Keys.All(_pinned.Contains));
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    /// <summary>Compacts: all or a part, with payloads compressed and moved, or in a dry run.</summary>
    public static void Compact(ArtifactStore store, int seed)
    {
        CompactionReport report = store.CompactAsync(new CompactionOptions
        {
            DeadRatio = s_ratios[seed % s_ratios.Length],
            RecompressLevel = seed % 4 < 2 ? null : 1 + (seed % 3),
            RecompressUnusedFor = TimeSpan.Zero,
            FoldLoose = seed % 5 != 0,
            DryRun = seed % 11 == 0,
        }).GetAwaiter().GetResult();
        Assert.Empty(report.Damage);
        Assert.Equal(0, report.SkippedSegments);
        SpaceAssert.CountsAreThoseOfTheData(store);
    }

    /// <summary>After a crash: what was evicted, and neither put nor removed since, is there as it was, or is
    /// not.</summary>
    public void Settle(ArtifactStore store)
    {
        foreach ((int key, Sample sample) in _evicted.ToArray())
        {
            using PayloadLease lease = store.EnsurePayloads(Sample.Key(key));
            if (lease.IsHit)
            {
                Assert.Null(sample.Difference(lease));
                model[key] = sample;
            }
            else
            {
                model.Remove(key);
            }
        }
    }
}
