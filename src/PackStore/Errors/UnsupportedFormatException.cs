namespace PackStore;

/// <summary>The store was written by a newer version, or uses features this one does not know.</summary>
public sealed class UnsupportedFormatException : PackStoreException
{
    internal UnsupportedFormatException(string file, string found, string supported)
        : base($"{file}: found format {found}, this version supports {supported}.")
    {
        File = file;
        Found = found;
        Supported = supported;
    }

    /// <summary>The version or feature bits found.</summary>
    public string Found { get; }

    /// <summary>The version or feature bits this library knows.</summary>
    public string Supported { get; }
}
