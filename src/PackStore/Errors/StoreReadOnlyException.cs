namespace PackStore;

/// <summary>The store was opened read-only, or the file system does not let this process write to it.</summary>
public sealed class StoreReadOnlyException : PackStoreException
{
    internal StoreReadOnlyException(string file, Exception? cause = null)
        : base($"{file} cannot be written to: {cause?.Message ?? "the store was opened read-only"}.", cause)
    {
        File = file;
    }
}
