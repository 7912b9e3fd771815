using PackStore.Compaction.Rewriting;
using PackStore.Engine;
using PackStore.Engine.Space;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Payloads;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>The compaction of one open store: one job at a time, on request, in steps, or to be stopped.</summary>
internal sealed class Compactor : IDisposable
{
    /// <summary>Less than this share gained, and a segment is not worth rewriting whoever asks.</summary>
    private const double LeastRatio = 0.05;

    private readonly StoreEngine _engine;
    private readonly StoreCore _core;

    // Null in a store that was opened read-only, of which a plan can be made.
    private readonly SegmentExchange? _exchange;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Makes what compresses payloads at a level; tests have it make others.</summary>
    public Func<int, PayloadEncoder>? MakeEncoder { get; set; }

    private int _isStopped;

    // Held by the job that runs. Outermost: nothing of the engine is held when it is taken.
    private readonly Lock _jobLock = new();

    public Compactor(StoreEngine engine)
    {
        _engine = engine;
        _core = engine.Core;
        _exchange = engine.Exchange;
    }

    /// <summary>The segment that is appended to, by this process or, for a reader, by another.</summary>
    private Segment? Active => _exchange is { } exchange
        ? exchange.Active
        : _core.State.Segments.All.LastOrDefault() is { IsSealed: false } last ? last : null;

    /// <summary>Compacts everything that is worth it. On the caller's thread.</summary>
    public CompactionReport Run(
        CompactionOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken cancellationToken)
    {
        if (_jobLock.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("A compaction cannot be begun from within the progress of another.");
        }

        SchedulePoint.BeforeLock(_jobLock, "compaction lock");
        lock (_jobLock)
        {
            Throw.IfClosed(Volatile.Read(ref _isStopped) != 0);
            using CancellationTokenSource linked =
                CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            Settle(options.DryRun, linked.Token);
            Segment? active = Active;
            CompactionPlanner planner = new(_core, active);
            CompactionTotals before = CompactionTotalsOf(planner);
            LooseSweeper sweeper = new(_core, options.DryRun ? null : _exchange, linked.Token);
            if (options.DryRun)
            {
                // Here, for in a reader the eviction takes the victims out of the index, and their files are its.
                sweeper.Run();
            }

            EvictionReport? eviction = Evict(options, linked.Token);
            using CompactionTools tools = new(_core, options, MakeEncoder);
            RecompressionScout? scout = tools.Encoder is { } encoder
                ? new RecompressionScout(_core, active, tools.Policy, encoder, linked.Token)
                : null;
            List<Victim> victims = planner.ChooseAll(options.DeadRatio, scout is null ? null : scout.SavingsOf);
            CompactionThrottle throttle =
                new(_core.Options.TimeProvider, options.DryRun ? null : options.MaxBytesPerSecond, linked.Token);
            CompactionProgress meter = new(progress, victims);
            using CompactionJob job = new(
                _core, options.DryRun ? null : _exchange, active, throttle, tools.Policy, tools.Encoder)
            {
                Passed = meter.Passed,
                Sweeper = options.DryRun ? null : sweeper,
            };
            if (!options.DryRun && victims.Exists(v => v.Segment == active))
            {
                _exchange!.SealActive();
            }

            job.Run(victims);
            return ReportOf(options, before, eviction, job.Tally, sweeper);
        }
    }

    /// <summary>A reading process has an index of its own: in a dry run the victims go from there, and what comes next
    /// is planned without them.</summary>
    private EvictionReport? Evict(CompactionOptions options, CancellationToken token)
    {
        if (options.Eviction is not { } wanted)
        {
            return null;
        }

        EvictionMode mode = (options.DryRun || wanted.DryRun, _core.IsReadOnly) switch
        {
            (false, _) => EvictionMode.Apply,
            (true, true) => EvictionMode.Pretend,
            (true, false) => EvictionMode.Plan,
        };
        EvictionReport report = _engine.Evictor.Run(
            core => SpacePolicy.TargetOf(core, wanted), mode, wanted.OnVictim, null, token);
        if (mode == EvictionMode.Apply)
        {
            // What tombstones supersede is retired only when they are durable.
            _engine.Commits!.FlushNow();
        }

        return report;
    }

    /// <summary>Gains bytes by rewriting the segments that give most for least, a few at a time. For whoever keeps a
    /// bound; on the caller's thread.</summary>
    /// <returns>Bytes gained; 0 if there is nothing worth rewriting, or another job runs.</returns>
    public long TryReclaim(long wantedBytes, CancellationToken cancellationToken)
    {
        // A put from within the progress of a job, on its thread, would get the lock once more.
        if (_exchange is null || _jobLock.IsHeldByCurrentThread || !_jobLock.TryEnter())
        {
            return 0;
        }

        try
        {
            if (Volatile.Read(ref _isStopped) != 0 || !_engine.Recovery.IsDone || _engine.Writer!.HasUnreadable)
            {
                return 0;
            }

            using CancellationTokenSource linked =
                CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            Settle(isDry: false, linked.Token);
            Segment? active = Active;
            List<Victim> victims = new CompactionPlanner(_core, active).ChooseFor(wantedBytes, LeastRatio);
            if (victims.Count == 0)
            {
                return 0;
            }

            CompactionThrottle throttle = new(_core.Options.TimeProvider, null, linked.Token);
            using CompactionJob job = new(
                _core, _exchange, active, throttle, RewritePolicy.Verbatim, null);
            job.Run(victims);
            return job.Tally.RemovedBytes - job.Tally.WrittenBytes;
        }
        finally
        {
            _jobLock.Exit();
        }
    }

    /// <summary>Stops the job that runs, if one does, and waits until it has. None begins any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) == 0)
        {
            _stop.Cancel();
            SchedulePoint.BeforeLock(_jobLock, "compaction lock");
            lock (_jobLock)
            {
                _stop.Dispose();
            }
        }
    }

    /// <summary>Index and counters are complete, and nothing is left half done: only then it is known what is
    /// live.</summary>
    private void Settle(bool isDry, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        _engine.Recovery.Wait(token);
        _engine.Follower?.Follow();
        if (_engine.Writer is { HasUnreadable: true })
        {
            throw new PackStoreException(
                $"{_core.Directory.FullPath}: something could not be read when it was opened, so it is not known what "
                + "is live; open it again.");
        }

        // A reader follows records without keeping counts.
        if (!_core.Accounting.IsExact || _core.IsReadOnly)
        {
            LiveRecount.Run(_core, token);
        }

        if (!isDry)
        {
            _exchange!.SealLeftOvers();
            // A segment that has still to be synced cannot be retired.
            _engine.Commits!.FlushNow();
        }
    }

    private CompactionTotals CompactionTotalsOf(CompactionPlanner planner)
    {
        StoreCounters counters = _core.Accounting.Counters;
        long live = _core.State.Segments.All.Sum(static s => s.LiveBytes);
        (int segments, long bytes) = planner.Files;
        return new CompactionTotals
        {
            Artifacts = counters.Artifacts,
            Segments = segments,
            SegmentBytes = bytes,
            LiveBytes = live + counters.LooseBytes,
            DeadBytes = Math.Max(0, bytes - live),
            LooseBytes = counters.LooseBytes,
        };
    }

    private CompactionReport ReportOf(
        CompactionOptions options, CompactionTotals before, EvictionReport? eviction, CompactionTally tally,
        LooseSweeper swept)
    {
        if (!options.DryRun && !_core.Accounting.IsExact)
        {
            LiveRecount.Run(_core, CancellationToken.None);
        }

        CompactionTotals after = options.DryRun
            ? CompactionSummary.Planned(before, eviction, tally)
            : CompactionTotalsOf(new CompactionPlanner(_core, Active));
        return CompactionSummary.Of(options, before, after, eviction, tally, swept);
    }
}
