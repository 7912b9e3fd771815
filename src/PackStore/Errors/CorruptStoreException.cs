namespace PackStore;

/// <summary>A file of the store holds what it must not, so that the operation cannot go on.</summary>
public sealed class CorruptStoreException : PackStoreException
{
    internal CorruptStoreException(string file, long offset, string found, string expected)
        : base($"{file} at offset {offset}: found {found}, expected {expected}.")
    {
        File = file;
        Offset = offset;
        Found = found;
        Expected = expected;
    }

    /// <summary>Offset in bytes in <see cref="PackStoreException.File"/>.</summary>
    public long Offset { get; }

    /// <summary>What stands there.</summary>
    public string Found { get; }

    /// <summary>What should stand there.</summary>
    public string Expected { get; }
}
