namespace PackStore;

/// <summary>A sync failed earlier, so what was written since the last good one may be lost: no more writes until
/// reopened. Reads go on.</summary>
public sealed class StorePoisonedException : PackStoreException
{
    internal StorePoisonedException(string file, Exception cause)
        : base($"{file} could not be synced, the store refuses writes until it is reopened: {cause.Message}", cause)
    {
        File = file;
    }
}
