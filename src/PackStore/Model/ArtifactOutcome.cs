namespace PackStore;

/// <summary>What an artifact is beside its payloads: streams, exit code, verdicts, opaque extra bytes, and the times a
/// migration or export carries over.</summary>
public sealed class ArtifactOutcome
{
    /// <summary>Exit code zero, empty streams, nothing else.</summary>
    public static ArtifactOutcome Success { get; } = new();

    /// <summary>The exit code, any value.</summary>
    public int ExitCode { get; init; }

    /// <summary>The bytes of standard output. Read until the put completes; do not change them before.</summary>
    public ReadOnlyMemory<byte> StandardOutput { get; init; }

    /// <summary>The bytes of standard error. Read until the put completes; do not change them before.</summary>
    public ReadOnlyMemory<byte> StandardError { get; init; }

    /// <summary>Further named results over the same payloads; round-trip unchanged.</summary>
    public IReadOnlyList<ArtifactVerdict> Verdicts { get; init; } = [];

    /// <summary>Bytes that mean something to the caller only; round-trip unchanged.</summary>
    public ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>When the artifact was first stored; <see langword="null"/> means now. Kept to the
    /// millisecond.</summary>
    public DateTimeOffset? StoredAt { get; init; }

    /// <summary>When it was last used; <see langword="null"/> means now. Kept to the hour.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>How the artifact came here.</summary>
    public ArtifactProvenance Provenance { get; init; }
}
