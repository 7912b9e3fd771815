namespace PackStore;

/// <summary>What <see cref="ArtifactStore.VerifyAsync"/> reads.</summary>
public sealed class VerifyOptions
{
    /// <summary>How deep.</summary>
    public VerifyLevel Level { get; init; }

    /// <summary>Share of the records whose payloads are read at <see cref="VerifyLevel.Full"/>, above 0 to 1. Headers
    /// are all read.</summary>
    public double Sample { get; init; } = 1;
}
