namespace PackStore.Storage;

/// <summary>
/// What the files may use of the system. All of it by default: what is missing is found out by trying. Tests switch
/// parts off to run the same suite over the ways around.
/// </summary>
internal sealed record StorageFeatures
{
    /// <summary>Everything that the system offers.</summary>
    public static StorageFeatures All { get; } = new();

    /// <summary>Nothing beyond plain reads, writes, links and maps.</summary>
    public static StorageFeatures None { get; } = new()
    {
        PopulateRead = false,
        Allocate = false,
        RenameWithoutReplacing = false,
        CopyInKernel = false,
        StoreThroughSharedMap = false,
        MapIntoTable = false,
    };

    /// <summary><c>madvise(MADV_POPULATE_READ)</c>, Linux 5.14; else a range is touched by reading it from the
    /// file.</summary>
    public bool PopulateRead { get; init; } = true;

    /// <summary><c>fallocate</c>; else zeros are written.</summary>
    public bool Allocate { get; init; } = true;

    /// <summary><c>renameat2(RENAME_NOREPLACE)</c>; else a link is made and the old name removed.</summary>
    public bool RenameWithoutReplacing { get; init; } = true;

    /// <summary>Block clones and <c>copy_file_range</c>; else bytes go through memory.</summary>
    public bool CopyInKernel { get; init; } = true;

    /// <summary>Stores into a shared page where the file system never allocates for one; else each is a
    /// write.</summary>
    public bool StoreThroughSharedMap { get; init; } = true;

    /// <summary>Tables take files copy-on-write; else they read them.</summary>
    public bool MapIntoTable { get; init; } = true;
}
