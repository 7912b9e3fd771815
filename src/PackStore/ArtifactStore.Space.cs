using PackStore.Engine;
using PackStore.Engine.Space;

namespace PackStore;

/// <content>Where the space goes, what is evicted, and what is pinned.</content>
public sealed partial class ArtifactStore
{
    private static readonly long s_lastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>How sizes and ages of the artifacts are distributed. Reads the directory blocks of all segments, and no
    /// record. Waits until an index that is being rebuilt is complete.</summary>
    public StoreDistribution GetDistribution(CancellationToken cancellationToken = default)
    {
        Throw.IfClosed(_engine.IsClosed);
        return DistributionCollector.Collect(_engine, cancellationToken);
    }

    /// <summary>Takes the least recently used artifacts out until the limits are kept, in the order of the hours they
    /// were last used. They are misses at once; their space comes back with compaction, that of loose files with the
    /// next flush. What is evicted may be there again after a crash.</summary>
    /// <remarks>A dry run also works on a store that is open read-only.</remarks>
    /// <exception cref="StoreReadOnlyException">The store was opened read-only, and it is no dry run.</exception>
    public Task<EvictionReport> EvictAsync(
        EvictionOptions? options = null, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new EvictionOptions();
        SpacePolicy.Check(options);
        Throw.IfClosed(_engine.IsClosed);
        if (!options.DryRun)
        {
            _engine.ThrowIfReadOnly();
        }

        return OwnThread.Run("packstore evict", () => _engine.Evictor.Run(
            core => SpacePolicy.TargetOf(core, options), options.DryRun ? EvictionMode.Plan : EvictionMode.Apply,
            options.OnVictim, progress, cancellationToken));
    }

    /// <summary>Evicts for maintenance, in steps, with segments rewritten in between so that the disk follows. Null if
    /// there was nothing to do.</summary>
    internal Task<EvictionReport?> EvictInStepsAsync(CancellationToken cancellationToken)
    {
        _engine.ThrowIfReadOnly();
        return OwnThread.Run("packstore evict", () => StepEviction.Run(_engine, cancellationToken));
    }

    /// <summary>Rewrites segments for maintenance.</summary>
    internal Task<long> KeepAheadAsync(CancellationToken cancellationToken)
    {
        _engine.ThrowIfReadOnly();
        return OwnThread.Run("packstore compaction", () => _engine.Bound.KeepAhead(cancellationToken));
    }

    /// <summary>Keeps an artifact from being evicted until a time, for an owner: any text of at most 255 bytes. It need
    /// not be there yet. Removing and replacing it go on. Durable when this returns; every call replaces a small file,
    /// so pin many at once.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="owner">Who needs them. Each owner has pins of its own.</param>
    /// <param name="expiresAt">When the pins end by themselves; <see langword="null"/> for never.</param>
    /// <exception cref="ArgumentException">A key is <c>default</c>, the owner is empty or too long, or there are too
    /// many pins.</exception>
    public void Pin(IReadOnlyCollection<ArtifactKey> keys, string owner, DateTimeOffset? expiresAt = null)
    {
        PinBook.Check(keys, owner);
        _engine.ThrowIfReadOnly();
        _engine.Pins.Pin(keys, owner, expiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue);
    }

    /// <summary>Ends an owner's pins; says how many there were. Durable when this returns.</summary>
    public int Unpin(IReadOnlyCollection<ArtifactKey> keys, string owner)
    {
        PinBook.Check(keys, owner);
        _engine.ThrowIfReadOnly();
        return _engine.Pins.Unpin(keys, owner);
    }

    /// <summary>All pins that have not ended.</summary>
    public IReadOnlyList<ArtifactPin> GetPins()
    {
        Throw.IfClosed(_engine.IsClosed);
        return
        [
            .. _engine.Pins.Current(_engine.Core.Options.TimeProvider.GetUtcNow()).Select(static p => new ArtifactPin(
                p.Key, p.Owner,
                p.ExpiryUnixMs > s_lastMs ? null : DateTimeOffset.FromUnixTimeMilliseconds(p.ExpiryUnixMs))),
        ];
    }
}
