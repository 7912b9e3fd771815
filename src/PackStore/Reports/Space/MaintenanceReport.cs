namespace PackStore;

/// <summary>What one round of a <see cref="MaintenanceLoop"/> did. A step that had nothing to do, or was left out, has
/// <see langword="null"/>.</summary>
public sealed class MaintenanceReport
{
    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; internal init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>Whether something was made durable.</summary>
    public bool HasFlushed { get; internal set; }

    /// <summary>Whether a snapshot of the index was written.</summary>
    public bool HasSaved { get; internal set; }

    /// <summary>The eviction.</summary>
    public EvictionReport? Eviction { get; internal set; }

    /// <summary>Bytes that rewriting segments gave back to the disk.</summary>
    public long ReclaimedBytes { get; internal set; }

    /// <summary>The verification of a part of the store.</summary>
    public VerifyReport? Verification { get; internal set; }

    /// <summary>What went wrong, by step; the steps behind it were done all the same.</summary>
    public IReadOnlyDictionary<string, Exception> Failures { get; internal set; } =
        new Dictionary<string, Exception>();
}
