namespace PackStore;

/// <summary>How the bytes of one segment are used.</summary>
public sealed class SegmentUse
{
    internal SegmentUse(int number, bool isSealed, long liveBytes, long deadBytes, long reservedBytes)
    {
        Number = number;
        IsSealed = isSealed;
        LiveBytes = liveBytes;
        DeadBytes = deadBytes;
        ReservedBytes = reservedBytes;
    }

    /// <summary>Its number; its file is named by it in hexadecimal.</summary>
    public int Number { get; }

    /// <summary>Whether nothing is appended any more.</summary>
    public bool IsSealed { get; }

    /// <summary>Bytes of live records.</summary>
    public long LiveBytes { get; }

    /// <summary>Bytes of records that are not live, and of directory blocks.</summary>
    public long DeadBytes { get; }

    /// <summary>Bytes set aside behind the last record.</summary>
    public long ReservedBytes { get; }
}
