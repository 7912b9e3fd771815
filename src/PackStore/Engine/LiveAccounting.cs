using PackStore.Format;

namespace PackStore.Engine;

/// <summary>Counts of what is live. Exact whenever <see cref="IsExact"/>; otherwise a recount is under way.</summary>
internal sealed class LiveAccounting
{
    private long _artifacts;
    private long _payloads;
    private long _looseFiles;
    private long _looseBytes;
    private long _recordBytes;
    private long _changes;
    private volatile bool _exact;

    /// <summary>Whether the counts are those of the data.</summary>
    public bool IsExact
    {
        get => _exact;
        set => _exact = value;
    }

    /// <summary>The counts.</summary>
    public StoreCounters Counters => new(
        Interlocked.Read(ref _artifacts), Interlocked.Read(ref _payloads),
        Interlocked.Read(ref _looseFiles), Interlocked.Read(ref _looseBytes));

    /// <summary>Bytes of live records with their padding, and of live loose files: what <see
    /// cref="PackStoreOptions.MaxBytes"/> bounds.</summary>
    public long LiveBytes => Interlocked.Read(ref _recordBytes) + Interlocked.Read(ref _looseBytes);

    /// <summary>Grows with every change; a recount that saw it unchanged saw one state.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Adds artifacts and what belongs to them, or with negative numbers takes them away. The bytes of their
    /// records are also added to their segments.</summary>
    public void Add(long artifacts, long payloads, long looseFiles, long looseBytes, long recordBytes)
    {
        Interlocked.Increment(ref _changes);
        Interlocked.Add(ref _artifacts, artifacts);
        Interlocked.Add(ref _payloads, payloads);
        Interlocked.Add(ref _looseFiles, looseFiles);
        Interlocked.Add(ref _looseBytes, looseBytes);
        Interlocked.Add(ref _recordBytes, recordBytes);
    }

    /// <summary>Sets the counts.</summary>
    /// <param name="counters">Those that a checkpoint keeps.</param>
    /// <param name="recordBytes">Sum of the segments' live bytes.</param>
    public void Set(StoreCounters counters, long recordBytes)
    {
        Interlocked.Exchange(ref _artifacts, counters.Artifacts);
        Interlocked.Exchange(ref _payloads, counters.Payloads);
        Interlocked.Exchange(ref _looseFiles, counters.LooseFiles);
        Interlocked.Exchange(ref _looseBytes, counters.LooseBytes);
        Interlocked.Exchange(ref _recordBytes, recordBytes);
    }
}
