namespace PackStore.Storage.Foreign;

/// <summary>
/// One open directory of a tree that is not the store's, and that nobody vouches for: names may be links, pipes or
/// devices, and change while they are looked at.
/// </summary>
/// <remarks>
/// Names are single components; one that is not (empty, <c>.</c>, <c>..</c>, with a separator or NUL) is absent. Links
/// are never followed, so nothing outside the directory that was opened first is ever reached; pipes and devices are
/// never opened. Reading leaves access times alone where the system lets it. What is wrong with a name is a
/// <see cref="ForeignStatus"/>, never an exception: a hostile tree has any number of them. All members may run in
/// parallel, but none beside <see cref="IDisposable.Dispose"/>.
/// </remarks>
internal interface IForeignDirectory : IDisposable
{
    /// <summary>The absolute path, for messages and for links made from it.</summary>
    string FullPath { get; }

    /// <summary>Opens a directory in it.</summary>
    ForeignStatus TryOpenDirectory(string name, out IForeignDirectory? directory);

    /// <summary>Looks at a name without opening it.</summary>
    ForeignStatus Examine(string name, out ForeignFacts facts);

    /// <summary>Reads a file from its start until it ends or the span is full, in as few calls as can be: it does not
    /// examine the name. Only for names that a listing or <see cref="Examine"/> called a file, in UTF-8.</summary>
    ForeignStatus Read(ReadOnlySpan<byte> name, Span<byte> destination, out int read);

    /// <summary>Opens a file for reading; it is what <see cref="Examine"/> calls a file.</summary>
    ForeignStatus TryOpen(string name, out IStoreFile? file);

    /// <summary>Calls back for each name, in no order, without holding all of them. Names are UTF-8 as far as they are
    /// text. On a failure what came before it has been called back for.</summary>
    ForeignStatus List(ForeignVisitor visit);

    /// <summary>Takes a whole-file advisory lock without waiting, on a file that is there already; nothing is created
    /// or written. Freed on disposal, and by the kernel when the process dies.</summary>
    ForeignStatus TryLock(string name, bool exclusive, out IDisposable? taken);

    /// <summary>Removes a file, or a link itself.</summary>
    ForeignStatus Delete(string name);

    /// <summary>Removes a directory if it is empty.</summary>
    ForeignStatus DeleteDirectory(string name);
}

/// <summary>Told of one name of a directory. The bytes are good for the call only.</summary>
internal delegate void ForeignVisitor(ReadOnlySpan<byte> name, ForeignKind kind);
