namespace PackStore;

/// <summary>There is no room for the write. Nothing was written; hits and removals go on.</summary>
public sealed class StoreFullException : PackStoreException
{
    internal StoreFullException(string file, long neededBytes, long availableBytes, Exception? cause = null)
        : base($"{file}: {neededBytes} bytes are needed, {availableBytes} are available.", cause)
    {
        File = file;
        NeededBytes = neededBytes;
        AvailableBytes = availableBytes;
    }

    /// <summary>Bytes the write needs.</summary>
    public long NeededBytes { get; }

    /// <summary>Bytes that were available.</summary>
    public long AvailableBytes { get; }
}
