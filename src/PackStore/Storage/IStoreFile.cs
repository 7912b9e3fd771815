namespace PackStore.Storage;

/// <summary>
/// An open regular file. Positional access only; reads and writes may run in parallel. Disposing closes the descriptor
/// and
/// leaves mappings made from it valid.
/// </summary>
/// <remarks>There is no truncation: a file that may be mapped never shrinks.</remarks>
internal interface IStoreFile : IDisposable
{
    /// <summary>Name or path, for messages.</summary>
    string Name { get; }

    /// <summary>Reads length, identity and times now.</summary>
    FileStamp Stat();

    /// <summary>Reads up to the span's length; fewer bytes only at the end of the file. Loops over short reads and
    /// EINTR.</summary>
    int Read(long offset, Span<byte> destination);

    /// <summary>Writes all bytes or throws. Loops over short writes and EINTR.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Writes the pieces one behind the other, in as few calls as the system allows; all bytes or
    /// throws.</summary>
    void Write(long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces);

    /// <summary>Allocates blocks and sets the length so that the file has at least <paramref name="length"/> bytes, all
    /// of which can
    /// be written and read through a map without running out of space. New bytes are zero. Throws with ENOSPC and no
    /// change of
    /// length when there is no room.</summary>
    void Reserve(long length);

    /// <summary>Makes the data and length durable (fdatasync). Throws if the system says that it failed; never retried
    /// here.</summary>
    void Sync();

    /// <summary>Maps the first <paramref name="capacity"/> bytes read-only, also beyond the present end, which must not
    /// be touched before
    /// the file has grown over it. The region starts with one reference.</summary>
    MappedRegion Map(long capacity);

    /// <summary>Maps one page shared, for a hint that other processes read. Writable if the file was opened
    /// so.</summary>
    SharedPage MapPage();

    /// <summary>Puts bytes of this file at <paramref name="tableOffset"/> of a table, copy-on-write where the system
    /// can (then offsets and
    /// length must be multiples of the page size), else by reading them.</summary>
    void MapIntoTable(TableMemory table, long tableOffset, long fileOffset, long length);

    /// <summary>Shares blocks of <paramref name="source"/> copy-on-write; <see langword="false"/> where the file system
    /// cannot.</summary>
    bool TryCloneFrom(IStoreFile source, long sourceOffset, long offset, long length);

    /// <summary>Copies bytes inside the kernel where possible, else through memory; throws if the source is too
    /// short.</summary>
    void CopyFrom(IStoreFile source, long sourceOffset, long offset, long length);

    /// <summary>Tells the system how a range of the file is going to be used. A hint: it never fails, and does nothing
    /// where the system takes none.</summary>
    void Advise(FileAdvice advice, long offset, long length);

    /// <summary>Sets permission bits and modification time where given.</summary>
    void SetAttributes(UnixFileMode? mode, DateTimeOffset? modifiedAt);

    /// <summary>Cuts a file outside the store to its exact length after a block clone. Refused for files of the
    /// store.</summary>
    void TruncateForeign(long length);
}

/// <summary>What tells one state of a file from another.</summary>
/// <param name="Length">Length in bytes.</param>
/// <param name="Device">Device number.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="ModifiedNs">Modification time, nanoseconds since 1970.</param>
/// <param name="ChangedNs">Change time, nanoseconds since 1970.</param>
/// <param name="AllocatedBytes">Bytes of blocks allocated.</param>
/// <param name="Mode">Permission bits.</param>
internal readonly record struct FileStamp(
    long Length, ulong Device, ulong Inode, long ModifiedNs, long ChangedNs, long AllocatedBytes, UnixFileMode Mode)
{
    /// <summary>Names of the file; 1 where the system does not tell.</summary>
    public uint Links { get; init; } = 1;
}
