namespace PackStore.Engine.Space;

/// <summary>What an eviction has taken out so far.</summary>
internal sealed class EvictionTally(long liveBefore, EvictionMode mode)
{
    private int _newestHour = -1;

    /// <summary>Live bytes before.</summary>
    public long LiveBefore => liveBefore;

    /// <summary>Artifacts.</summary>
    public long Artifacts { get; private set; }

    /// <summary>Those that were too old.</summary>
    public long Aged { get; private set; }

    /// <summary>Their live bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of their loose files.</summary>
    public long LooseBytes { get; private set; }

    /// <summary>Those that a pin kept.</summary>
    public long Pinned { get; set; }

    /// <summary>Those that should have gone and stay for now: no room for their tombstone.</summary>
    public long Refused { get; set; }

    /// <summary>Counts some.</summary>
    public void Add(in EvictionSum victims)
    {
        Artifacts += victims.Artifacts;
        Aged += victims.Aged;
        Bytes += victims.RecordBytes + victims.LooseBytes;
        LooseBytes += victims.LooseBytes;
        _newestHour = Math.Max(_newestHour, victims.NewestHour);
    }

    /// <summary>What is said about it.</summary>
    public EvictionReport Report(StoreCore core, in EvictionTarget target)
    {
        long after = mode == EvictionMode.Plan ? liveBefore - Bytes : core.Accounting.LiveBytes;
        return new EvictionReport
        {
            Artifacts = Artifacts,
            AgedArtifacts = Aged,
            Bytes = Bytes,
            LooseBytes = LooseBytes,
            Pinned = Pinned,
            LiveBytesBefore = liveBefore,
            LiveBytesAfter = after,
            NewestVictim = _newestHour < 0 ? null : core.TimeOf(_newestHour),
            IsTargetMet = after <= target.MaxLiveBytes && Pinned == 0 && Refused == 0,
            IsDryRun = mode != EvictionMode.Apply,
        };
    }
}
