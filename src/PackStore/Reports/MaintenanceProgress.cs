namespace PackStore;

/// <summary>Where a long operation stands. Totals may grow while it runs beside a live writer.</summary>
public sealed class MaintenanceProgress
{
    internal MaintenanceProgress(string phase, long doneBytes, long totalBytes, long doneItems, long findings)
    {
        Phase = phase;
        DoneBytes = doneBytes;
        TotalBytes = totalBytes;
        DoneItems = doneItems;
        Findings = findings;
    }

    /// <summary>What is being done, one lowercase word: <c>segments</c>, <c>loose</c>, <c>index</c>.</summary>
    public string Phase { get; }

    /// <summary>Bytes behind it.</summary>
    public long DoneBytes { get; }

    /// <summary>Bytes in all.</summary>
    public long TotalBytes { get; }

    /// <summary>Records or files behind it.</summary>
    public long DoneItems { get; }

    /// <summary>Damage found so far.</summary>
    public long Findings { get; }
}
