namespace PackStore;

/// <summary>What is known of an artifact without touching its payloads' bytes. Immutable; owns its memory.</summary>
public sealed class ArtifactMetadata
{
    internal ArtifactMetadata(ArtifactKey key, IReadOnlyList<PayloadInfo> payloads)
    {
        Key = key;
        Payloads = payloads;
    }

    /// <summary>The artifact's key.</summary>
    public ArtifactKey Key { get; }

    /// <summary>The outputs in the order they were put.</summary>
    public IReadOnlyList<PayloadInfo> Payloads { get; }

    /// <summary>The exit code.</summary>
    public int ExitCode { get; internal init; }

    /// <summary>Length of standard output in bytes; the bytes are on the lease.</summary>
    public long StandardOutputLength { get; internal init; }

    /// <summary>Length of standard error in bytes; the bytes are on the lease.</summary>
    public long StandardErrorLength { get; internal init; }

    /// <summary>Further named results.</summary>
    public IReadOnlyList<ArtifactVerdict> Verdicts { get; internal init; } = [];

    /// <summary>The caller's opaque bytes.</summary>
    public ReadOnlyMemory<byte> Extra { get; internal init; }

    /// <summary>When it was stored, UTC, to the millisecond.</summary>
    public DateTimeOffset StoredAt { get; internal init; }

    /// <summary>When it was last used, UTC, to the hour and never before <see cref="StoredAt"/>'s hour.</summary>
    public DateTimeOffset LastUsed { get; internal init; }

    /// <summary>How it came into the store.</summary>
    public ArtifactProvenance Provenance { get; internal init; }
}
