using PackStore.Engine;

namespace PackStore;

/// <summary>
/// Looks after an open store: flushes, evicts, compacts, saves the index, verifies a part, again and again in the
/// background, or round by round when asked. A daemon owns one beside its store and disposes it first.
/// </summary>
/// <remarks>Thread-safe. Rounds never overlap. A step that fails is reported and tried again in the next
/// round.</remarks>
public sealed class MaintenanceLoop : IAsyncDisposable
{
    private readonly ArtifactStore _store;
    private readonly StoreEngine _engine;
    private readonly MaintenanceOptions _options;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _turn = new(1);

    // Guards the two below.
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private Task _round = Task.CompletedTask;

    private MaintenanceReport? _last;

    // When the verification began that runs or was the last, and where it goes on; null if it has come to its end. Only
    // the round that has the turn touches them.
    private long _verifyBegan;
    private int? _verifyNext;

    /// <summary>Makes one that does nothing yet.</summary>
    /// <param name="store">A store open for writing.</param>
    /// <param name="options">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="StoreReadOnlyException">The store was opened read-only.</exception>
    public MaintenanceLoop(ArtifactStore store, MaintenanceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _engine = store.Engine;
        _options = options ?? new MaintenanceOptions();
        _clock = _engine.Core.Options.TimeProvider;
        _engine.ThrowIfReadOnly();
        if (_options.Interval <= TimeSpan.Zero || !(_options.VerifySample is > 0 and <= 1)
            || (_options.VerifyInterval <= TimeSpan.Zero && _options.VerifyInterval != Timeout.InfiniteTimeSpan))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), "Intervals are positive, and the sample is above 0 and at most 1.");
        }

        if (_options.VerifyMaxBytes < 0 || _options.VerifyMaxTime < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), "VerifyMaxBytes and VerifyMaxTime are not negative.");
        }

        _verifyBegan = _clock.GetTimestamp();
    }

    /// <summary>The last round that has ended.</summary>
    public MaintenanceReport? Last => Volatile.Read(ref _last);

    /// <summary>Begins to run rounds in the background, the first after one interval. A second call does
    /// nothing.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _timer ??= _clock.CreateTimer(
                static self => ((MaintenanceLoop)self!).BeginRound(), this, _options.Interval,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Runs one round now, after the one that runs if one does.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, or this was disposed.</exception>
    public async Task<MaintenanceReport> RunOnceAsync(CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource linked =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        await _turn.WaitAsync(linked.Token).ConfigureAwait(false);
        try
        {
            MaintenanceReport report = await RunStepsAsync(linked.Token).ConfigureAwait(false);
            Volatile.Write(ref _last, report);
            _options.OnRound?.Invoke(report);
            return report;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops: the round that runs is cancelled at its next safe point, and waited for. The store stays
    /// open.</summary>
    public async ValueTask DisposeAsync()
    {
        Task round;
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            round = _round;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await round.ConfigureAwait(false);
    }

    private void BeginRound()
    {
        lock (_lock)
        {
            if (_timer is not null && _round.IsCompleted)
            {
                _round = RunInBackgroundAsync();
            }
        }
    }

    private async Task RunInBackgroundAsync()
    {
        // The timer's thread holds the lock.
        await Task.Yield();
        try
        {
            await RunOnceAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Stopped, or the store was closed under it: the next Start or nobody wants to know.
            return;
        }

        lock (_lock)
        {
            _timer?.Change(_options.Interval, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<MaintenanceReport> RunStepsAsync(CancellationToken token)
    {
        MaintenanceReport report = new() { StartedAt = _clock.GetUtcNow() };
        Dictionary<string, Exception> failures = [];
        long started = _clock.GetTimestamp();
        await StepAsync("flush", FlushAsync).ConfigureAwait(false);
        await StepAsync("evict", EvictAsync).ConfigureAwait(false);
        await StepAsync("compact", CompactAsync).ConfigureAwait(false);
        await StepAsync("save", SaveAsync).ConfigureAwait(false);
        await StepAsync("verify", VerifyAsync).ConfigureAwait(false);
        report.Failures = failures;
        report.Duration = _clock.GetElapsedTime(started);
        return report;

        async Task StepAsync(string name, Func<MaintenanceReport, CancellationToken, Task> step)
        {
            token.ThrowIfCancellationRequested();
            long began = _clock.GetTimestamp();
            try
            {
                await step(report, token).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                failures[name] = e;
                _engine.Core.Log.HintFailed($"Maintenance step '{name}'", e);
            }

            _engine.Core.Metrics.Maintained(name, _clock.GetElapsedTime(began), failures.ContainsKey(name));
        }
    }

    private async Task FlushAsync(MaintenanceReport report, CancellationToken token)
    {
        if (_options.Flush && _engine.Core.Options.Durability != Durability.None && _engine.Commits!.IsDirty)
        {
            await _store.FlushAsync(token).ConfigureAwait(false);
            report.HasFlushed = true;
        }
    }

    private async Task EvictAsync(MaintenanceReport report, CancellationToken token)
    {
        if (_options.Evict)
        {
            report.Eviction = await _store.EvictInStepsAsync(token).ConfigureAwait(false);
        }
    }

    private async Task CompactAsync(MaintenanceReport report, CancellationToken token)
    {
        if (_options.Compact)
        {
            report.ReclaimedBytes = await _store.KeepAheadAsync(token).ConfigureAwait(false);
        }
    }

    private Task SaveAsync(MaintenanceReport report, CancellationToken token)
    {
        report.HasSaved = _engine.Checkpoints!.IsSnapshotTimely() && _engine.Checkpoints.TryWriteSnapshot(token);
        return Task.CompletedTask;
    }

    /// <summary>One part: the loop's other steps wait no longer than that takes.</summary>
    private async Task VerifyAsync(MaintenanceReport report, CancellationToken token)
    {
        if (_options.VerifyInterval == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        if (_verifyNext is null)
        {
            if (_clock.GetElapsedTime(_verifyBegan) < _options.VerifyInterval)
            {
                return;
            }

            _verifyBegan = _clock.GetTimestamp();
        }

        VerifyReport part = await _store.VerifyAsync(
            new VerifyOptions
            {
                Sample = _options.VerifySample,
                FromSegment = _verifyNext ?? 0,
                MaxBytes = _options.VerifyMaxBytes,
                MaxTime = _options.VerifyMaxTime,
                TimeProvider = _clock,
            },
            null, token).ConfigureAwait(false);
        _verifyNext = part.NextSegment;
        report.Verification = part;
    }
}
