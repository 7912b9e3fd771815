namespace PackStore.Compaction;

/// <summary>Tells whoever waits how far a job is: by bytes of the segments it has to go through.</summary>
internal sealed class CompactionProgress(IProgress<MaintenanceProgress>? progress, IReadOnlyList<Victim> victims)
{
    private readonly long _total = victims.Sum(static v => v.FileLength);
    private long _done;
    private long _segments;

    /// <summary>One more is behind it.</summary>
    public void Passed(Victim victim)
    {
        _done += victim.FileLength;
        progress?.Report(new MaintenanceProgress("compact", _done, _total, ++_segments, 0));
    }
}
