namespace PackStore;

/// <summary>One artifact of <see cref="ArtifactStore.PutManyAsync"/>.</summary>
public sealed class ArtifactPut
{
    /// <summary>The key.</summary>
    public required ArtifactKey Key { get; init; }

    /// <summary>Streams, exit code and the rest.</summary>
    public ArtifactOutcome Outcome { get; init; } = ArtifactOutcome.Success;

    /// <summary>The outputs, in order; may be empty.</summary>
    public IReadOnlyList<ArtifactPayload> Payloads { get; init; } = [];
}
