namespace PackStore.Verification;

/// <summary>Tells a listener how far the verification is, at most once in 50 ms.</summary>
internal sealed class ProgressMeter(IProgress<MaintenanceProgress>? listener, FindingCollector findings)
{
    private const long IntervalMs = 50;
    private string _phase = "segments";
    private long _last;
    private long _behind;

    /// <summary>Bytes in all.</summary>
    public long TotalBytes { get; set; }

    /// <summary>Records and files so far.</summary>
    public long Items { get; set; }

    /// <summary>Starts a phase and tells at once.</summary>
    public void Begin(string phase)
    {
        _phase = phase;
        Report(_behind);
    }

    /// <summary>Tells how far it is within the current file, if it is time.</summary>
    public void At(long offset)
    {
        if (listener is not null && Environment.TickCount64 - _last >= IntervalMs)
        {
            Report(_behind + offset);
        }
    }

    /// <summary>A file is done.</summary>
    public void Done(long length)
    {
        _behind += length;
        At(0);
    }

    private void Report(long done)
    {
        _last = Environment.TickCount64;
        TotalBytes = Math.Max(TotalBytes, done);
        listener?.Report(new MaintenanceProgress(_phase, done, TotalBytes, Items, findings.Count));
    }
}
