namespace PackStore.Storage;

/// <summary>
/// The directory of one store: the only way the engine reaches names on a file system.
/// </summary>
/// <remarks>
/// Names are relative, <c>/</c>-separated, at most three components, made by <c>Format.StoreFileNames</c> only and
/// never from a caller's text. Links are never followed: a name that is a link, or whose parent inside the store is a
/// link, fails with <see cref="IOException"/>. All members may run in parallel. Failures are <see cref="IOException"/>s
/// that carry the errno in <c>HResult</c> (see <c>StorageError</c>); absence of a file is a <see langword="null"/> or
/// <see langword="false"/>, never an exception.
/// </remarks>
internal interface IStoreDirectory : IDisposable
{
    /// <summary>The absolute path, for messages only.</summary>
    string FullPath { get; }

    /// <summary>Identifies the running boot of the machine; a value that differs means caches were lost since. Zero
    /// where unknown.</summary>
    Guid BootId { get; }

    /// <summary>Whether files can be mapped beyond their end and tables reserved without being paid for. Where not, a
    /// segment is reserved whole before it is mapped, and tables are small.</summary>
    bool MapsBeyondEnd { get; }

    /// <summary>Opens a regular file, or returns <see langword="null"/> if the name is absent.</summary>
    IStoreFile? TryOpen(string name, bool writable);

    /// <summary>Creates a new empty file, private to the user (see <see cref="AdoptModeFrom"/>). Fails if the name
    /// exists.</summary>
    IStoreFile Create(string name);

    /// <summary>Creates a directory, private to the user; succeeds if it is there already.</summary>
    void CreateDirectory(string name);

    /// <summary>Files and directories created from now on take the group's and others' read bits of this file, so that
    /// <c>chmod -R a+rX</c> on a store holds for files to come. No effect if the file is absent.</summary>
    void AdoptModeFrom(string name);

    /// <summary>Atomically renames, replacing what stands at <paramref name="to"/>. Not durable before the directory is
    /// synced.</summary>
    void Replace(string from, string to);

    /// <summary>Renames unless <paramref name="to"/> exists; says whether it did.</summary>
    bool TryRename(string from, string to);

    /// <summary>Removes a file; says whether it was there.</summary>
    bool Delete(string name);

    /// <summary>The entries of a directory (<c>""</c> is the store's own), in no order; empty if it is
    /// absent.</summary>
    IReadOnlyList<StoreEntry> List(string name);

    /// <summary>Bytes of blocks allocated to a directory itself (<c>""</c> is the store's own), not to what it
    /// holds.</summary>
    long AllocatedBytes(string name);

    /// <summary>Makes creations, renames and removals in a directory (<c>""</c> is the store's own) durable.</summary>
    void SyncDirectory(string name);

    /// <summary>Takes the writer's lock on a file, which is created if absent and gets <paramref name="holder"/> as its
    /// content. <see langword="null"/> if somebody holds it; <paramref name="currentHolder"/> is then the file's
    /// content. Freed by the kernel when the process dies.</summary>
    IDisposable? TryLock(string name, ReadOnlySpan<byte> holder, out byte[] currentHolder);

    /// <summary>Opens a file outside the store for reading, for adoption: a regular file, links followed. Throws as
    /// <see cref="File.OpenHandle"/> does.</summary>
    IStoreFile OpenForeign(string path);

    /// <summary>Creates a file outside the store for delivery. Fails if it exists.</summary>
    IStoreFile CreateForeign(string path, UnixFileMode? mode);

    /// <summary>Makes <paramref name="name"/> a hard link to a foreign file; <see langword="false"/> where that cannot
    /// be (other device, link limit, not supported).</summary>
    bool TryLinkForeign(string path, string name);

    /// <summary>Makes a foreign path a hard link to a file of the store; <see langword="false"/> where that cannot
    /// be.</summary>
    bool TryLinkOut(string name, string path);

    /// <summary>Bytes that an unprivileged writer could still use on this file system.</summary>
    long AvailableBytes();

    /// <summary>Reserves address space for a table that will grow up to <paramref name="capacityBytes"/>.</summary>
    TableMemory ReserveTable(long capacityBytes);
}

/// <summary>One name in a directory of the store.</summary>
/// <param name="Name">The last component.</param>
/// <param name="IsDirectory">A directory.</param>
/// <param name="IsFile">A regular file; neither for links, sockets, pipes and devices.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="AllocatedBytes">Bytes of blocks allocated to it.</param>
internal readonly record struct StoreEntry(
    string Name, bool IsDirectory, bool IsFile, long Length, long AllocatedBytes);
