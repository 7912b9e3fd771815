using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>The end of a sealed segment.</summary>
internal sealed class SegmentTrailerTarget : IFuzzTarget
{
    private const long FileLength = 1 << 20;

    public string Name => "segment-trailer";

    public IReadOnlyList<byte[]> Seeds() => [Write(256, 512), Write(4096, FileLength - SegmentTrailerLayout.Size)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (Read(input) is not { } read)
        {
            return false;
        }

        FuzzFailureException.Require(
            read.FooterOffset < read.CommittedEnd && read.CommittedEnd <= FileLength, "lies inside the file");
        FuzzFailureException.Require(Read(Encode(read)) == read, "encodes again");
        return true;
    }

    public void Repair(Span<byte> input) =>
        Samples.Repair(input, SegmentTrailer.Magic, SegmentTrailerLayout.ChecksumOffset);

    private static SegmentTrailer? Read(ReadOnlySpan<byte> bytes) =>
        SegmentTrailer.TryRead(bytes, Samples.Store.StoreId, Samples.SegmentId, FileLength);

    private static byte[] Write(long footer, long end) =>
        Encode(new SegmentTrailer(Samples.Store.StoreId, Samples.SegmentId, footer, end));

    private static byte[] Encode(SegmentTrailer trailer)
    {
        byte[] bytes = new byte[SegmentTrailerLayout.Size];
        trailer.Write(bytes);
        return bytes;
    }
}
