namespace PackStore;

/// <summary>What is known of one payload without touching its bytes.</summary>
public sealed class PayloadInfo
{
    internal PayloadInfo(string name, long length, long storedLength)
    {
        Name = name;
        Length = length;
        StoredLength = storedLength;
    }

    /// <summary>The output's name as it was put: data, not a path.</summary>
    public string Name { get; }

    /// <summary>Length in bytes as the caller sees it.</summary>
    public long Length { get; }

    /// <summary>Length in bytes as stored; differs from <see cref="Length"/> when compressed.</summary>
    public long StoredLength { get; }

    /// <summary>How the bytes are stored.</summary>
    public PayloadEncoding Encoding { get; internal init; }

    /// <summary>Where the bytes live.</summary>
    public PayloadTier Tier { get; internal init; }

    /// <summary>The permission bits the output had, or <see langword="null"/> if none were given.</summary>
    public UnixFileMode? Mode { get; internal init; }

    /// <summary>XxHash3 (64 bits, seed 0) of the stored bytes; 0 while pending.</summary>
    public ulong Checksum { get; internal init; }

    /// <summary>Number of the segment that holds the payload, or that describes it if it is loose; 0 while
    /// pending.</summary>
    public int SegmentId { get; internal init; }

    /// <summary>Offset in bytes in that segment's file; of the record if the payload is loose.</summary>
    public long SegmentOffset { get; internal init; }
}
