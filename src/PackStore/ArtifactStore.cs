using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PackStore.Compaction;
using PackStore.Compaction.Rewriting;
using PackStore.Engine;
using PackStore.Engine.Opening;
using PackStore.Engine.Space;
using PackStore.Engine.Writing;
using PackStore.Migration;
using PackStore.Repair;
using PackStore.Storage;
using PackStore.Storage.Foreign;
using PackStore.Verification;

namespace PackStore;

/// <summary>
/// A store of build artifacts in one directory: put once, hit many times as checked, zero-copy spans over mapped
/// memory.
/// </summary>
/// <remarks>
/// Thread-safe: any number of threads read and write through one instance. One process at a time opens a store for
/// writing; any number attach
/// with <see cref="OpenReadOnly"/>. Reads are synchronous, for a page fault cannot be awaited; writes are asynchronous,
/// for they may wait for
/// a sync. A hit allocates nothing, takes no lock, and makes no system call once its pages are resident.
/// </remarks>
public sealed partial class ArtifactStore : IAsyncDisposable, IDisposable
{
    private readonly StoreEngine _engine;
    private readonly Compactor _compactor;

    private ArtifactStore(StoreEngine engine, string directory)
    {
        _engine = engine;
        _compactor = new Compactor(engine);
        if (engine.Writer is not null)
        {
            engine.Bound.Reclaim = _compactor.TryReclaim;
        }

        DirectoryPath = directory;
    }

    /// <summary>The absolute path of the store's directory.</summary>
    public string DirectoryPath { get; }

    /// <summary>Whether it was opened by <see cref="OpenReadOnly"/>.</summary>
    public bool IsReadOnly => _engine.Core.IsReadOnly;

    /// <summary>The store's random identity, made at creation.</summary>
    public Guid StoreId => _engine.Core.Identity.StoreId;

    internal StoreEngine Engine => _engine;

    internal Compactor Compactor => _compactor;

    /// <summary>Opens a store for writing, creating it where the directory is absent or empty. The time it takes does
    /// not grow with the store,
    /// whatever state it was left in.</summary>
    /// <exception cref="NotAStoreException">The directory is neither a store nor empty, or may not be
    /// created.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="StoreLockedException">Somebody has it open for writing.</exception>
    /// <exception cref="CorruptStoreException">Its identity is lost; no other damage stops an open.</exception>
    /// <exception cref="PackStoreException">What was written after the last snapshot of the index cannot be read just
    /// now: an older version would pass for the newest. If that stays so, the store has to be repaired.</exception>
    public static ArtifactStore Open(string directory, PackStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options = OptionsValidator.Check(options);
        string path = Path.GetFullPath(directory);
        if (!Directory.Exists(path))
        {
            if (!options.CreateIfMissing)
            {
                throw new NotAStoreException(path, "there is no such directory");
            }

            StoreDirectories.TryCreateRoot(path);
        }

        return OpenOver(StoreDirectories.Open(path), options);
    }

    /// <summary>Attaches to a store without lock or write permission, also beside a writer, whose new artifacts are
    /// seen as they are published.</summary>
    /// <exception cref="NotAStoreException">The directory is absent or no store.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="PackStoreException">As for <see cref="Open"/>.</exception>
    public static ArtifactStore OpenReadOnly(string directory, PackStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options = OptionsValidator.Check(options);
        string path = Path.GetFullPath(directory);
        if (!Directory.Exists(path))
        {
            throw new NotAStoreException(path, "there is no such directory");
        }

        return AttachOver(StoreDirectories.Open(path), options);
    }

    /// <summary>Verifies a directory without opening it as a store, so also one that cannot be opened. Changes nothing;
    /// runs beside a
    /// live writer.</summary>
    /// <exception cref="NotAStoreException">The directory is absent or no store.</exception>
    public static Task<VerifyReport> VerifyDirectoryAsync(
        string directory, VerifyOptions? options, IProgress<MaintenanceProgress>? progress,
            CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = Path.GetFullPath(directory);
        if (!Directory.Exists(path))
        {
            throw new NotAStoreException(path, "there is no such directory");
        }

        return StoreVerifier.RunAsync(path, options ?? new VerifyOptions(), progress, cancellationToken);
    }

    /// <summary>Repairs a store that nobody has open for writing: keeps every undamaged artifact, puts damaged files
    /// into
    /// <c>quarantine/</c>, and rebuilds everything else. Killed or cancelled, it can be run again. Reads the whole
    /// store, twice if there is damage; needs room for what is undamaged in damaged segments.</summary>
    /// <remarks>Where the newest version of an artifact is damaged, an older one may be there afterwards; where a
    /// removal is, what it removed.</remarks>
    /// <exception cref="NotAStoreException">The directory is absent or no store.</exception>
    /// <exception cref="StoreLockedException">A writer has it open.</exception>
    /// <exception cref="StoreFullException">There is not enough room; nothing was changed.</exception>
    /// <exception cref="CorruptStoreException">Neither STORE nor any segment tells what store it is.</exception>
    public static Task<RepairReport> RepairDirectoryAsync(
        string directory, RepairOptions? options = null, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = Path.GetFullPath(directory);
        return Directory.Exists(path)
            ? StoreRepairer.RunAsync(
                () => StoreDirectories.Open(path), options ?? new RepairOptions(), progress, cancellationToken)
            : throw new NotAStoreException(path, "there is no such directory");
    }

    /// <summary>Whether the key is there. Its payloads are not looked at.</summary>
    public bool Contains(in ArtifactKey key) => LeaseFactory.Contains(_engine, key);

    /// <summary>Reads what is known of an artifact without touching its payloads' bytes.</summary>
    public bool TryGetMetadata(in ArtifactKey key, [NotNullWhen(true)] out ArtifactMetadata? metadata)
    {
        metadata = LeaseFactory.TryReadMetadata(_engine, key);
        return metadata is not null;
    }

    /// <summary>All payloads of an artifact, present and of the recorded length and checksum, or a miss: never an
    /// exception because of
    /// what is on disk, never part of it, never wrong bytes. A hit counts as a use.</summary>
    /// <returns>A lease to dispose on this thread; a miss has <see cref="PayloadLease.IsHit"/> false.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PayloadLease EnsurePayloads(scoped in ArtifactKey key) =>
        LeaseFactory.Find(_engine, EpochGate.Slot, key);

    /// <summary>As <see cref="EnsurePayloads(in ArtifactKey)"/>, but recency is left alone.</summary>
    public PayloadLease PeekPayloads(scoped in ArtifactKey key) =>
        LeaseFactory.Peek(_engine, key);

    /// <summary>Looks up many keys at once, fetching memory for the next while it works on one.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="scratch">Room for the results, at least one slot a key; nothing else is allocated.</param>
    /// <exception cref="ArgumentException"><paramref name="scratch"/> is too short.</exception>
    public PayloadBatch EnsurePayloads(scoped ReadOnlySpan<ArtifactKey> keys, Span<PayloadBatchSlot> scratch)
    {
        if (scratch.Length < keys.Length)
        {
            throw new ArgumentException($"{keys.Length} keys need as many slots; there are {scratch.Length}.",
                nameof(scratch));
        }

        return BatchFactory.Find(_engine, keys, scratch[..keys.Length]);
    }

    /// <summary>The keys of all artifacts, in no order. Artifacts put or removed meanwhile may or may not be among
    /// them.</summary>
    public IEnumerable<ArtifactKey> EnumerateKeys() => EnumerateArtifacts().Select(static m => m.Key);

    /// <summary>All artifacts, in no order, read as the enumeration goes.</summary>
    public IEnumerable<ArtifactMetadata> EnumerateArtifacts()
    {
        Throw.IfClosed(_engine.IsClosed);
        return StoreEnumerator.Run(_engine);
    }

    /// <summary>Puts an artifact, replacing one of the same key. It is a hit from the moment this completes, whole or
    /// not at all.</summary>
    /// <exception cref="ArgumentException">The key is <c>default</c>, a name is too long or not valid text, or the
    /// metadata does not fit a segment.</exception>
    /// <exception cref="StoreFullException">There is no room.</exception>
    /// <exception cref="StorePoisonedException">A sync failed earlier.</exception>
    /// <exception cref="StoreReadOnlyException">The store was opened read-only.</exception>
    /// <exception cref="IOException">A payload's file, or what may be an older version of the artifact, could not be
    /// read, or the store could not be written to.</exception>
    public ValueTask PutAsync(
        ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads,
        CancellationToken cancellationToken = default)
    {
        PutSession.Check(key, outcome, payloads);
        _engine.ThrowIfReadOnly();
        return PutSession.PutAsync(_engine, key, outcome, payloads, cancellationToken);
    }

    /// <summary>Puts many artifacts in one gathered append. Each is atomic; together they become visible in order. If
    /// it
    /// fails, or after a crash, some of them may be there, each of them whole.</summary>
    /// <inheritdoc cref="PutAsync" path="/exception"/>
    public ValueTask PutManyAsync(IReadOnlyList<ArtifactPut> artifacts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        foreach (ArtifactPut put in artifacts)
        {
            ArgumentNullException.ThrowIfNull(put, nameof(artifacts));
            PutSession.Check(put.Key, put.Outcome, put.Payloads);
        }

        _engine.ThrowIfReadOnly();
        return PutSession.PutManyAsync(_engine, artifacts, cancellationToken);
    }

    /// <summary>Starts an artifact that is streamed in payload by payload.</summary>
    public ArtifactWriter CreateWriter(in ArtifactKey key)
    {
        PutSession.CheckKey(key);
        _engine.ThrowIfReadOnly();
        return new ArtifactWriter(_engine, key);
    }

    /// <summary>Removes an artifact; says whether it was there.</summary>
    /// <inheritdoc cref="PutAsync" path="/exception"/>
    public ValueTask<bool> RemoveAsync(ArtifactKey key, CancellationToken cancellationToken = default)
    {
        PutSession.CheckKey(key);
        _engine.ThrowIfReadOnly();
        cancellationToken.ThrowIfCancellationRequested();
        return PutSession.RemoveAsync(_engine, key);
    }

    /// <summary>Completes when everything put and removed before the call would survive a power cut, pending payloads
    /// included.</summary>
    /// <exception cref="StorePoisonedException">A sync failed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _engine.ThrowIfReadOnly();
        return PutSession.FlushAsync(_engine, cancellationToken);
    }

    /// <summary>Counts and sizes now. Waits until an index that is being rebuilt is complete. Walks the directory for
    /// <see cref="StoreStats.DiskBytes"/>.</summary>
    public StoreStats GetStats()
    {
        Throw.IfClosed(_engine.IsClosed);
        return StatsCollector.Collect(_engine);
    }

    /// <summary>Brings in a cache of the legacy program, in every layout it ever had: the directory itself, its version
    /// directories and its daemons' states. Each artifact is a hit as soon as it is in; puts and hits go on meanwhile,
    /// and what the store has in a version as new or newer is left alone. Stopped or killed, it can be run again, and
    /// brings in nothing twice.</summary>
    /// <param name="legacyRoot">The cache's directory.</param>
    /// <param name="options">How; the source is left as it is by default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops it; what is in the store stays there.</param>
    /// <exception cref="StoreReadOnlyException">The store was opened read-only, and this is no dry run.</exception>
    /// <exception cref="StoreFullException">There is no room; what is in the store stays there.</exception>
    /// <exception cref="IOException">There is no such directory, or the store could not be written to.</exception>
    public Task<MigrationReport> MigrateAsync(
        string legacyRoot, MigrationOptions? options = null, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(legacyRoot);
        options ??= new MigrationOptions();
        if (options.DryRun)
        {
            Throw.IfClosed(_engine.IsClosed);
        }
        else
        {
            _engine.ThrowIfReadOnly();
        }

        string path = Path.GetFullPath(legacyRoot);
        return MigrationJob.RunAsync(
            _engine, _engine.Core.Directory, () => ForeignDirectories.Open(path), options, progress, cancellationToken);
    }

    /// <summary>What <see cref="MigrateAsync"/> would do with a store that is not there yet.</summary>
    /// <param name="directory">A directory where the store would be: asked for free space.</param>
    /// <param name="legacyRoot">The cache's directory.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">There is no such directory.</exception>
    public static async Task<MigrationReport> PlanMigrationAsync(
        string directory, string legacyRoot, MigrationOptions? options = null,
        IProgress<MaintenanceProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentException.ThrowIfNullOrEmpty(legacyRoot);
        string path = Path.GetFullPath(legacyRoot);
        MigrationOptions plan = new()
        {
            DryRun = true,
            MaxParallelism = options?.MaxParallelism ?? 0,
            OnEntry = options?.OnEntry,
        };
        using IStoreDirectory place = StoreDirectories.Open(Path.GetFullPath(directory));
        return await MigrationJob.RunAsync(
            null, place, () => ForeignDirectories.Open(path), plan, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the store and reports damage. Changes nothing.</summary>
    public Task<VerifyReport> VerifyAsync(
        VerifyOptions? options = null, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Throw.IfClosed(_engine.IsClosed);
        return StoreVerifier.RunAsync(DirectoryPath, options ?? new VerifyOptions(), progress, cancellationToken);
    }

    /// <summary>Rewrites segments that hold much that is not needed any more, while the store is used: hits, puts and
    /// reading processes go on, and leases stay valid. Cancelled or killed at any moment it has lost nothing but time.
    /// Waits for a compaction that runs already.</summary>
    /// <param name="options">How; the defaults where <see langword="null"/>.</param>
    /// <param name="progress">Told after each segment.</param>
    /// <param name="cancellationToken">Stops it: what was done so far stays done.</param>
    /// <exception cref="StoreReadOnlyException">The store was opened read-only, and it is no dry run.</exception>
    /// <exception cref="StorePoisonedException">A sync failed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">A copy could not be written; the store is as it was.</exception>
    public Task<CompactionReport> CompactAsync(
        CompactionOptions? options = null, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new CompactionOptions();
        Throw.IfClosed(_engine.IsClosed);
        if (!options.DryRun)
        {
            _engine.ThrowIfReadOnly();
        }

        ArgumentOutOfRangeException.ThrowIfNegative(options.DeadRatio, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.DeadRatio, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytesPerSecond ?? 1, 1, nameof(options));
        CompactionTools.Check(options);
        SpacePolicy.Check(options.Eviction ?? new EvictionOptions());
        return OwnThread.Run("packstore compaction", () => Compactor.Run(options, progress, cancellationToken));
    }

    /// <summary>Closes the store: a compaction is stopped, what was put is flushed, the index saved. Leases held stay
    /// valid until they are disposed.</summary>
    public void Dispose()
    {
        _compactor.Dispose();
        _engine.Close();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens over a storage double.</summary>
    internal static ArtifactStore OpenOver(IStoreDirectory directory, PackStoreOptions options,
        ulong hashMask = ulong.MaxValue) =>
        new(StoreOpener.OpenForWriting(directory, options, hashMask), directory.FullPath);

    /// <summary>Attaches over a storage double.</summary>
    internal static ArtifactStore AttachOver(
        IStoreDirectory directory, PackStoreOptions options, ulong hashMask = ulong.MaxValue) =>
        new(StoreOpener.OpenForReading(directory, options, hashMask), directory.FullPath);
}
