namespace PackStore.Storage;

/// <summary>
/// A page of 512 aligned 64-bit words that one process writes and others read: each word is written and read whole.
/// </summary>
/// <remarks>Words are stored with release and loaded with acquire order, so what was written before a word is seen by
/// whoever reads it.</remarks>
internal abstract class SharedPage : IDisposable
{
    /// <summary>Words in a page.</summary>
    public const int WordCount = 512;

    /// <summary>Bytes in a page.</summary>
    public const int Bytes = WordCount * sizeof(ulong);

    /// <summary>Loads a word (acquire).</summary>
    public abstract ulong Read(int index);

    /// <summary>Stores a word (release).</summary>
    public abstract void Write(int index, ulong value);

    /// <inheritdoc/>
    public abstract void Dispose();
}
