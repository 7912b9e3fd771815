using PackStore.Format;

namespace PackStore.Engine;

/// <summary>Counts of what is live. Exact whenever <see cref="IsExact"/>; otherwise a recount is under way.</summary>
internal sealed class LiveAccounting
{
    private long _artifacts;
    private long _payloads;
    private long _looseFiles;
    private long _looseBytes;
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

    /// <summary>Grows with every change; a recount that saw it unchanged saw one state.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Adds artifacts and what belongs to them, or with negative numbers takes them away.</summary>
    public void Add(long artifacts, long payloads, long looseFiles, long looseBytes)
    {
        Interlocked.Increment(ref _changes);
        Interlocked.Add(ref _artifacts, artifacts);
        Interlocked.Add(ref _payloads, payloads);
        Interlocked.Add(ref _looseFiles, looseFiles);
        Interlocked.Add(ref _looseBytes, looseBytes);
    }

    /// <summary>Sets the counts.</summary>
    public void Set(StoreCounters counters)
    {
        Interlocked.Exchange(ref _artifacts, counters.Artifacts);
        Interlocked.Exchange(ref _payloads, counters.Payloads);
        Interlocked.Exchange(ref _looseFiles, counters.LooseFiles);
        Interlocked.Exchange(ref _looseBytes, counters.LooseBytes);
    }
}
