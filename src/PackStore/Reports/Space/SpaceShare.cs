namespace PackStore;

/// <summary>One use of disk space by a store. The shares of a store together are exactly what <c>du -sB1</c>
/// counts.</summary>
public sealed class SpaceShare
{
    internal SpaceShare(string name, long files, long bytes)
    {
        Name = name;
        Files = files;
        Bytes = bytes;
    }

    /// <summary>What it is, in a few lowercase words.</summary>
    public string Name { get; }

    /// <summary>Files or directories that are nothing else; 0 for parts of files.</summary>
    public long Files { get; }

    /// <summary>Allocated bytes. Where a file system compresses or shares blocks, a share that is the rest of a file's
    /// blocks may be negative.</summary>
    public long Bytes { get; }
}
