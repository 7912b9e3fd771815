using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Segments;

/// <summary>
/// What has to be known of a segment before a record of it is read. Its header says it; should that be damaged, the
/// trailer of a sealed segment says whose it is, and STORE, which vouches for version and features, the rest.
/// </summary>
/// <param name="CapacityBytes">No record reaches beyond this offset: the file's length where the header does not tell.
/// </param>
/// <param name="BornIn">The boot in which it was begun; empty where the header does not tell, which is like none of
/// ours.</param>
/// <param name="HeaderProblem">What is wrong with the header; null if nothing is.</param>
internal sealed record SegmentFront(long CapacityBytes, Guid BornIn, string? HeaderProblem)
{
    /// <summary>Reads it from a file; null, with the reason, if that is not the segment that is asked for.</summary>
    /// <param name="file">The file.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="id">The segment.</param>
    /// <param name="canStandIn">Whether the trailer may stand in for a damaged header.</param>
    /// <param name="problem">The reason.</param>
    public static SegmentFront? TryRead(
        IStoreFile file, Guid storeId, int id, bool canStandIn, out string problem)
    {
        SegmentHeader? header = ReadHeader(file, out problem, out bool isDamaged);
        if (header is not null)
        {
            problem = header.SegmentId == id && header.Store.StoreId == storeId
                ? "" : $"segment {header.SegmentId} of store {header.Store.StoreId}";
            return problem.Length == 0 ? new SegmentFront(header.CapacityBytes, header.BootId, null) : null;
        }

        long length = file.Stat().Length;
        return isDamaged && canStandIn && StandsIn(ReadTrailer(file, storeId, id, length), length)
            ? new SegmentFront(length, Guid.Empty, problem)
            : null;
    }

    /// <summary>Whether a trailer of the right store and segment can do without the header.</summary>
    public static bool StandsIn(SegmentTrailer? trailer, long fileLength) =>
        trailer is { CanStandIn: true } && fileLength <= FormatLimits.MaxSegmentBytes;

    /// <summary>Reads a segment's header from its file.</summary>
    /// <inheritdoc cref="SegmentHeader.TryRead(ReadOnlySpan{byte}, out string, out bool)"/>
    public static SegmentHeader? ReadHeader(IStoreFile file, out string problem, out bool isDamaged)
    {
        byte[] front = new byte[SegmentHeaderLayout.Size];
        int read = file.Read(0, front);
        if (read < front.Length && file.Stat().Length >= front.Length)
        {
            throw new IOException($"{file.Name}: {read} of {front.Length} bytes of the header could be read.");
        }

        return SegmentHeader.TryRead(front.AsSpan(0, read), out problem, out isDamaged);
    }

    /// <summary>Reads the trailer of a segment from its file; null if there is none of that store and
    /// segment.</summary>
    public static SegmentTrailer? ReadTrailer(IStoreFile file, Guid storeId, int id, long fileLength)
    {
        byte[] last = new byte[SegmentTrailerLayout.Size];
        int read = fileLength >= last.Length ? file.Read(fileLength - last.Length, last) : 0;
        return SegmentTrailer.TryRead(last.AsSpan(0, read), storeId, id, fileLength);
    }
}
