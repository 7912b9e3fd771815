namespace PackStore.Engine.Space;

/// <summary>
/// Charges bytes before they are written, so that neither the cap nor the free space that must stay is ever overrun: a
/// put that finds no room makes some, or is refused.
/// </summary>
/// <remarks>
/// Live bytes plus what is charged never exceed the cap. A charge is given back when the put has become live, or has
/// failed; in between its bytes count twice, never not at all. Called without any lock held: making room takes them.
/// </remarks>
internal sealed class Admission(StoreEngine engine)
{
    // While others put too, room that was made may be gone again; whoever loses this often is refused.
    private const int MaxAttempts = 16;

    // On a disk that is full a part at a time comes free, by rewriting and by eviction in turn.
    private const int MaxFreeAttempts = 64;

    /// <summary>What a segment takes when it begins, and some more.</summary>
    private const long StepBytes = 320 << 10;
    private readonly StoreCore _core = engine.Core;
    private readonly long _cap = engine.Core.Options.MaxBytes ?? long.MaxValue;
    private readonly long _minFree = engine.Core.Options.MinFreeBytes;

    // Guards the check and the charge together. Innermost.
    private readonly Lock _lock = new();
    private long _charged;

    /// <summary>Promised to puts under way.</summary>
    public long Charged => Interlocked.Read(ref _charged);

    /// <summary>Puts are charged together up to so many bytes.</summary>
    public long BatchBytes => _cap / 4;

    private bool IsUnlimited => _cap == long.MaxValue && _minFree == 0;

    /// <summary>Promises room for bytes about to be written.</summary>
    /// <exception cref="StoreFullException">There is none, and none can be made.</exception>
    public void Charge(long bytes)
    {
        engine.Bound.Before(bytes);
        if (IsUnlimited)
        {
            return;
        }

        if (_cap != long.MaxValue && !engine.Recovery.IsDone)
        {
            // What is there has not been counted yet.
            engine.Recovery.Wait(CancellationToken.None);
        }

        for (int attempt = 0; !TryChargeCap(bytes); attempt++)
        {
            if (bytes > _cap || attempt == MaxAttempts || !TryEvict(bytes))
            {
                throw Refusal(bytes, Math.Max(0, _cap - _core.Accounting.LiveBytes - Charged));
            }
        }

        if (_minFree > 0)
        {
            EnsureFree(bytes);
        }
    }

    /// <summary>Promises room for bytes below the cap if there is some; evicts nothing.</summary>
    public bool TryCharge(long bytes) => IsUnlimited || TryChargeCap(bytes);

    /// <summary>Ends a promise: the bytes are live now, or never will be.</summary>
    public void Release(long bytes)
    {
        if (!IsUnlimited)
        {
            Interlocked.Add(ref _charged, -bytes);
        }
    }

    /// <summary>Before a loose file takes space on the disk: what is dead makes way where that is short, and what is
    /// kept for removals and copies stays.</summary>
    /// <exception cref="StoreFullException">There is no room, and none can be made.</exception>
    public void MakeRoom(long bytes)
    {
        (long free, long needed) = engine.Writes!.RoomFor(bytes);
        // btrfs says 0 when its metadata is short: then the write itself finds out.
        for (int attempt = 0; free > 0 && free < needed; attempt++)
        {
            if (attempt == MaxFreeAttempts || !engine.Bound.TryFree(needed - free))
            {
                throw Refusal(needed, free);
            }

            (free, needed) = engine.Writes.RoomFor(bytes);
        }
    }

    private bool TryChargeCap(long bytes)
    {
        lock (_lock)
        {
            // The charges first: who becomes live in between is then counted twice, not overlooked.
            long charged = Interlocked.Read(ref _charged);
            if (_cap != long.MaxValue && _core.Accounting.LiveBytes > _cap - charged - bytes)
            {
                return false;
            }

            Interlocked.Add(ref _charged, bytes);
            return true;
        }
    }

    private bool TryEvict(long bytes)
    {
        if (!_core.Options.EvictWhenFull)
        {
            return false;
        }

        EvictionReport report = engine.Evictor.Run(
            core => SpacePolicy.TargetOfPut(core, bytes, Charged, engine.Bound.EvictionStep), EvictionMode.Apply, null,
            null, CancellationToken.None);
        engine.Bound.MakeWay(bytes, CancellationToken.None);
        // Others may have evicted while this one waited for its turn: then there was nothing left to do.
        return report.Artifacts > 0 || report.IsTargetMet;
    }

    /// <summary>Segments begin with a step, and grow in steps of at most a sixteenth of what is free; that much is
    /// thought to be gone already.</summary>
    private bool IsFree(long bytes)
    {
        long free = _core.Directory.AvailableBytes();
        return free - Math.Max(free / 16, StepBytes) - bytes >= _minFree;
    }

    private void EnsureFree(long bytes)
    {
        for (int attempt = 0; attempt < MaxFreeAttempts && !IsFree(bytes); attempt++)
        {
            if (!engine.Bound.TryFree(Math.Max(bytes, StepBytes)) && !TryEvictForFree(bytes))
            {
                break;
            }
        }

        if (!IsFree(bytes))
        {
            Release(bytes);
            throw Refusal(bytes, Math.Max(0, _core.Directory.AvailableBytes() - _minFree));
        }
    }

    /// <summary>Evicts a part of what lives: so much more than is missing that the next puts need not.</summary>
    private bool TryEvictForFree(long bytes)
    {
        if (!_core.Options.EvictWhenFull)
        {
            return false;
        }

        const int Parts = 16;
        EvictionReport report = engine.Evictor.Run(
            core =>
            {
                long live = core.Accounting.LiveBytes;
                return new EvictionTarget(
                    Math.Max(0, live - Math.Max(bytes, live / Parts)), 0, EvictionReason.FreeSpace);
            },
            EvictionMode.Apply, null, null, CancellationToken.None);
        engine.Commits!.FlushNow();
        return report.Artifacts > 0;
    }

    private StoreFullException Refusal(long needed, long available) =>
        new(_core.Directory.FullPath, needed, available);
}
