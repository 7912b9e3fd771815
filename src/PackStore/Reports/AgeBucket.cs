namespace PackStore;

/// <summary>A bar of the age histogram.</summary>
public sealed class AgeBucket
{
    internal AgeBucket(TimeSpan upTo, long artifacts, long bytes)
    {
        Bytes = bytes;
        UpTo = upTo;
        Artifacts = artifacts;
    }

    /// <summary>Last used less than this long ago and not in the bar before; <see cref="TimeSpan.MaxValue"/> for the
    /// last.</summary>
    public TimeSpan UpTo { get; }

    /// <summary>How many.</summary>
    public long Artifacts { get; }

    /// <summary>Their live bytes, where <see cref="ArtifactStore.GetDistribution"/> made this; otherwise 0.</summary>
    public long Bytes { get; }
}
