namespace PackStore;

/// <summary>What a <see cref="MaintenanceLoop"/> does and how often.</summary>
public sealed class MaintenanceOptions
{
    /// <summary>Time from the end of one round to the start of the next. One minute by default.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether a round flushes what is not durable yet. True by default; a store with
    /// <see cref="Durability.None"/> is never flushed by it.</summary>
    public bool Flush { get; init; } = true;

    /// <summary>Whether a round evicts as the store's limits and watermarks say. True by default.</summary>
    public bool Evict { get; init; } = true;

    /// <summary>Whether a round rewrites segments so early that puts need not wait for it. True by default.</summary>
    public bool Compact { get; init; } = true;

    /// <summary>How often a verification of the store begins, which then goes on by one bounded part a round until it
    /// has come to the end; an hour by default, <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan VerifyInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of the records whose payloads a verification reads, above 0 to 1. 0.01 by default.</summary>
    public double VerifySample { get; init; } = 0.01;

    /// <summary>After so many bytes read the part of a round ends behind the segment at hand; <see langword="null"/>
    /// reads to the end. 256 MiB by default.</summary>
    public long? VerifyMaxBytes { get; init; } = 256L << 20;

    /// <summary>As <see cref="VerifyMaxBytes"/>, after so long. 10 s by default.</summary>
    public TimeSpan? VerifyMaxTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Is told of every round that has ended.</summary>
    public Action<MaintenanceReport>? OnRound { get; init; }
}
