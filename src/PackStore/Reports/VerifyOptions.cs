namespace PackStore;

/// <summary>What <see cref="ArtifactStore.VerifyAsync"/> reads.</summary>
public sealed class VerifyOptions
{
    /// <summary>How deep.</summary>
    public VerifyLevel Level { get; init; }

    /// <summary>Share of the records whose payloads are read at <see cref="VerifyLevel.Full"/>, above 0 to 1. Headers
    /// are all read.</summary>
    public double Sample { get; init; } = 1;

    /// <summary>Records of segments with a lower number are not read again: where a verification that was done in parts
    /// goes on, see <see cref="VerifyReport.NextSegment"/>. 0 reads all.</summary>
    public int FromSegment { get; init; }

    /// <summary>After so many bytes it ends behind the segment at hand; <see langword="null"/> reads to the end. At
    /// least one segment is read, so that parts come to an end.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>As <see cref="MaxBytes"/>, after so long.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
