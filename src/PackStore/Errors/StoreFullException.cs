namespace PackStore;

/// <summary>There is no room for the write: on the disk, in the user's quota, or within the limit on the length of a
/// file. Nothing was written; hits go on, and so do removals while there is room for so little.</summary>
public sealed class StoreFullException : PackStoreException
{
    internal StoreFullException(string file, long neededBytes, long availableBytes, Exception? cause = null)
        : base($"{file}: {neededBytes} bytes are needed, {availableBytes} are available.", cause)
    {
        File = file;
        NeededBytes = neededBytes;
        AvailableBytes = availableBytes;
    }

    /// <summary>For a refusal by the system, which does not say how much there would be.</summary>
    internal StoreFullException(string file, string message, int errno)
        : base(message)
    {
        File = file;
        HResult = errno;
    }

    /// <summary>Bytes the write needs; 0 where only the system knows.</summary>
    public long NeededBytes { get; }

    /// <summary>Bytes that were available; 0 where only the system knows.</summary>
    public long AvailableBytes { get; }
}
