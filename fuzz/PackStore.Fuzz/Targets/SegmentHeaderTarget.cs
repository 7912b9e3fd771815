using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>The front of a segment.</summary>
internal sealed class SegmentHeaderTarget : IFuzzTarget
{
    public string Name => "segment-header";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        Write(new SegmentHeader(Samples.SegmentId, Samples.Store, 256 << 20, 1, Samples.Store.StoreId)),
        Write(new SegmentHeader(
            FormatLimits.MaxSegmentId, Samples.Store, FormatLimits.MaxSegmentBytes, long.MaxValue, Guid.Empty)),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        SegmentHeader? read = SegmentHeader.TryRead(input, out _);
        FuzzFailureException.Require(
            read is null || SegmentHeader.TryRead(Write(read), out _) == read, "encodes again");
        return read is not null;
    }

    public void Repair(Span<byte> input) =>
        Samples.Repair(input, SegmentHeader.Magic, SegmentHeaderLayout.ChecksumOffset);

    private static byte[] Write(SegmentHeader header)
    {
        byte[] bytes = new byte[SegmentHeaderLayout.Size];
        header.Write(bytes);
        return bytes;
    }
}
