namespace PackStore;

/// <summary>A bar of the age histogram.</summary>
public sealed class AgeBucket
{
    internal AgeBucket(TimeSpan upTo, long artifacts)
    {
        UpTo = upTo;
        Artifacts = artifacts;
    }

    /// <summary>Last used less than this long ago and not in the bar before; <see cref="TimeSpan.MaxValue"/> for the
    /// last.</summary>
    public TimeSpan UpTo { get; }

    /// <summary>How many.</summary>
    public long Artifacts { get; }
}
