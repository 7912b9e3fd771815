namespace PackStore;

/// <summary>A bar of the size histogram.</summary>
public sealed class SizeBucket
{
    internal SizeBucket(long upToBytes, long artifacts, long bytes)
    {
        UpToBytes = upToBytes;
        Artifacts = artifacts;
        Bytes = bytes;
    }

    /// <summary>Artifacts of fewer live bytes than this and not in the bar before; <see cref="long.MaxValue"/> for the
    /// last.</summary>
    public long UpToBytes { get; }

    /// <summary>How many.</summary>
    public long Artifacts { get; }

    /// <summary>Their live bytes.</summary>
    public long Bytes { get; }
}
