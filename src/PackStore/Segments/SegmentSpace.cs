using PackStore.Storage;

namespace PackStore.Segments;

/// <summary>Sets space aside for a segment: generously where there is much, barely where there is little.</summary>
internal static class SegmentSpace
{
    /// <summary>Reserves what is wanted, or where space is short just what is needed. Returns the length
    /// that the file has then.</summary>
    public static long Reserve(IStoreDirectory directory, IStoreFile file, long reserved, long needed, long wanted)
    {
        long available = directory.AvailableBytes();
        if (wanted - reserved > available / 16)
        {
            wanted = needed;
        }

        try
        {
            file.Reserve(wanted);
            return wanted;
        }
        catch (IOException e) when (StorageError.IsNoSpace(e))
        {
            throw new StoreFullException(file.Name, needed - reserved, available, e);
        }
    }
}
