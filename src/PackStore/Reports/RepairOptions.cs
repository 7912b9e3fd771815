namespace PackStore;

/// <summary>How <see cref="ArtifactStore.RepairDirectoryAsync"/> goes about it.</summary>
public sealed class RepairOptions
{
    /// <summary>Looks and counts, takes no lock, and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Where times come from.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
