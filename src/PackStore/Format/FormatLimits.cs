namespace PackStore.Format;

/// <summary>Bounds that every reader checks before it believes a length from disk.</summary>
internal static class FormatLimits
{
    /// <summary>Records and what they hold start at multiples of this many bytes: one cache line.</summary>
    public const int RecordAlignment = 64;

    /// <summary>Payloads from <see cref="BlockAlignedFrom"/> bytes on start at multiples of this many bytes of the
    /// file, so that
    /// their range can be shared block by block.</summary>
    public const int BlockAlignment = 4096;

    /// <summary>See <see cref="BlockAlignment"/>.</summary>
    public const int BlockAlignedFrom = 64 << 10;

    /// <summary>The greatest capacity of a segment, in bytes; also bounds every record.</summary>
    public const long MaxSegmentBytes = 1L << 30;

    /// <summary>The greatest segment number: 22 bits of an index word.</summary>
    public const int MaxSegmentId = (1 << 22) - 1;

    /// <summary>The greatest number of outputs of one artifact.</summary>
    public const int MaxPayloads = 1 << 20;

    /// <summary>The greatest length of an output's or verdict's name in UTF-8 bytes.</summary>
    public const int MaxNameBytes = ushort.MaxValue;

    /// <summary>Records between two directory blocks of a segment.</summary>
    public const int RecordsPerDirectory = 4096;

    /// <summary>Length of a tombstone, whatever its key's length.</summary>
    public const int TombstoneBytes = 2 * RecordAlignment;

    /// <summary>Rounds up to <see cref="RecordAlignment"/>.</summary>
    public static long AlignRecord(long length) => (length + (RecordAlignment - 1)) & ~(long)(RecordAlignment - 1);
}
