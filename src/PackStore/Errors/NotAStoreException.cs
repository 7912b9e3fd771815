namespace PackStore;

/// <summary>The directory is absent, or is neither a store nor empty. It was left untouched.</summary>
public sealed class NotAStoreException : PackStoreException
{
    internal NotAStoreException(string directory, string detail)
        : base($"{directory} is not a PackStore: {detail}.")
    {
        File = directory;
    }
}
