namespace PackStore;

/// <summary>The root of everything that can be wrong with a store on disk.</summary>
public class PackStoreException : IOException
{
    /// <summary>Makes one with a message.</summary>
    public PackStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with a message and a cause.</summary>
    public PackStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The file it is about, if one is known.</summary>
    public string? File { get; init; }
}
