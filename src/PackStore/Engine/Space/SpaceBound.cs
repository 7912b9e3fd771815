using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Engine.Space;

/// <summary>
/// Keeps the disk within a quarter more than the live bytes, one segment, and a mebibyte, at every instant: looks
/// before puts, and has segments rewritten on the thread of the put that would go beyond. Who puts meanwhile waits.
/// </summary>
/// <remarks>
/// Rewriting needs room for a copy before it gives any back, so it begins as many bytes before the bound as a copy may
/// have: a segment, or all that is live if that is less. What is in <c>quarantine/</c>, and files that are not the
/// store's, do not count.
/// </remarks>
internal sealed class SpaceBound
{
    /// <summary>Beside segments and a quarter more: for the small files and directories of an empty store.</summary>
    public const long FixedBytes = 1 << 20;

    /// <summary>What of them is in use: STORE, HEAD, LOCK, two checkpoints and their successor, directories.</summary>
    private const long SmallFilesBytes = 128 << 10;

    // The share of a segment that puts may write between two looks, and that one eviction may take at a time.
    private const int LookShare = 64;
    private const int StepShare = 8;
    private const long MinLookBytes = 16 << 10;
    private const long MaxLookBytes = 1 << 20;
    private const int MaxRounds = 64;
    private const int LooseDirectories = 256;

    private readonly StoreEngine _engine;
    private readonly StoreCore _core;
    private readonly long _segmentBytes;
    private readonly long _lookBytes;

    // Held by whoever makes way; the others wait for it. Taken with nothing held.
    private readonly Lock _gate = new();
    private long _unseen;

    public SpaceBound(StoreEngine engine)
    {
        _engine = engine;
        _core = engine.Core;
        _segmentBytes = _core.Options.SegmentSizeBytes ?? _core.Identity.SegmentSizeBytes;
        _lookBytes = Math.Clamp(_segmentBytes / LookShare, MinLookBytes, MaxLookBytes);
    }

    /// <summary>Rewrites sealed segments to gain about so many bytes; says how many it gained. Null where nothing
    /// can.</summary>
    public Func<long, CancellationToken, long>? Reclaim { get; set; }

    /// <summary>What may be dead, as a share of what lives. A quarter; other shares are for measuring what more or less
    /// space would save or cost.</summary>
    public double DeadShare { get; set; } = 0.25;

    /// <summary>What one eviction takes at most where the bound is to hold: as the live bytes fall, so does the
    /// bound.</summary>
    public long EvictionStep => Math.Max(1, _segmentBytes / StepShare);

    /// <summary>Called before bytes are written. Looks now and then only: for each look lists the segments.</summary>
    public void Before(long bytes)
    {
        if (Reclaim is not null && Interlocked.Add(ref _unseen, bytes) >= _lookBytes)
        {
            MakeWay(bytes, CancellationToken.None);
        }
    }

    /// <summary>Rewrites segments until so many bytes can be written. On the caller's thread.</summary>
    public void MakeWay(long bytes, CancellationToken cancellationToken)
    {
        if (Reclaim is null || !_engine.Recovery.IsDone)
        {
            return;
        }

        Interlocked.Exchange(ref _unseen, 0);
        lock (_gate)
        {
            try
            {
                Keep(bytes + NextStep, cancellationToken);
            }
            catch (IOException e) when (e is not StorePoisonedException)
            {
                // No room for a copy, or one that failed: whether the put itself has room is for itself to find out.
                _core.Log.HintFailed("Reclaiming space", e);
            }
        }
    }

    /// <summary>On a disk that is full: removes superseded loose files, or rewrites whatever gives anything back, the
    /// active segment too; says whether it gave something. With nothing held.</summary>
    public bool TryFree(long bytes)
    {
        if (Reclaim is null || !_engine.Recovery.IsDone)
        {
            return false;
        }

        lock (_gate)
        {
            try
            {
                bool hasDropped = TryDropSuperseded();
                return Reclaim(bytes, CancellationToken.None) > 0
                    || (TrySealActive() && Reclaim(bytes, CancellationToken.None) > 0) || hasDropped;
            }
            catch (IOException e) when (e is not StorePoisonedException)
            {
                _core.Log.HintFailed("Reclaiming space", e);
                return false;
            }
        }
    }

    /// <summary>For maintenance: rewrites what is worth it so early that puts need not. Returns the bytes
    /// gained.</summary>
    public long KeepAhead(CancellationToken cancellationToken)
    {
        if (Reclaim is null || !_engine.Recovery.IsDone)
        {
            return 0;
        }

        lock (_gate)
        {
            return Keep(NextStep + EvictionStep, cancellationToken);
        }
    }

    /// <summary>Allocated bytes that the bound is about, at most, and what puts under way have been promised. Counts an
    /// index snapshot twice: while one is written the one before stands beside it. A loose file is known by its length,
    /// and may take nearly a block more; so do the directories that they lie in.</summary>
    public long Estimate()
    {
        StoreCounters counters = _core.Accounting.Counters;
        long files = counters.LooseFiles;
        long bytes = SmallFilesBytes + (2 * _core.State.Table.Bytes) + counters.LooseBytes + _engine.Admission.Charged;
        lock (_core.WriteLock)
        {
            bytes += _engine.Writer!.SupersededLooseBytes + _engine.Writer.FoldedLoose.Bytes;
            files += _engine.Writer.SupersededLoose.Count;
        }

        bytes += (files * (FormatLimits.BlockAlignment - 1))
            + (Math.Min(files, LooseDirectories) * FormatLimits.BlockAlignment);

        foreach (StoreEntry entry in _core.Directory.List(StoreFileNames.Segments))
        {
            bytes += entry.AllocatedBytes;
        }

        return bytes;
    }

    /// <summary>A segment grows in steps; the next one is thought to be taken already.</summary>
    private long NextStep => Math.Clamp(_segmentBytes / StepShare, 256 << 10, 16 << 20) + _lookBytes;

    private long Limit =>
        _core.Accounting.LiveBytes + (long)(_core.Accounting.LiveBytes * DeadShare) + _segmentBytes + FixedBytes;

    private long Keep(long bytes, CancellationToken cancellationToken)
    {
        long gained = 0;
        for (int round = 0; round < MaxRounds; round++)
        {
            long over = Estimate() + bytes - (Limit - Math.Min(_core.Accounting.LiveBytes, _segmentBytes));
            if (over <= 0)
            {
                break;
            }

            long more = TryDropSuperseded() ? 1 : Reclaim!(Math.Max(over, EvictionStep), cancellationToken);
            if (more <= 0)
            {
                // What is dead is in the segment that is appended to. It is sealed only if there is no other way.
                if (Estimate() + bytes <= Limit || !TrySealActive())
                {
                    break;
                }

                continue;
            }

            gained += more;
        }

        return gained;
    }

    private bool TryDropSuperseded()
    {
        lock (_core.WriteLock)
        {
            if (_engine.Writer!.SupersededLooseBytes == 0)
            {
                return false;
            }
        }

        // Superseded files go when what supersedes them is durable.
        _engine.Commits!.FlushNow();
        return true;
    }

    private bool TrySealActive()
    {
        if (_engine.Exchange!.Active is not { } active
            || active.CommittedEnd - active.LiveBytes - SegmentHeaderLayout.Size <= _lookBytes)
        {
            return false;
        }

        _engine.Exchange.SealActive();
        return true;
    }
}
