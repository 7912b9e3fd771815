using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>What a name in a <see cref="MemoryDirectory"/> stands for. Guarded by <see cref="Gate"/>, the directory's
/// lock.</summary>
internal abstract class MemoryNode(Lock gate, ulong inode)
{
    /// <summary>The lock of the directory that this belongs to.</summary>
    public Lock Gate => gate;

    /// <summary>Its number.</summary>
    public ulong Inode => inode;

    /// <summary>Permission bits.</summary>
    public UnixFileMode Mode { get; set; }
}

/// <summary>A directory: what is seen now, and what would be found after a power cut that loses all that is
/// pending.</summary>
internal sealed class MemoryFolder(Lock gate, ulong inode) : MemoryNode(gate, inode)
{
    /// <summary>Names now.</summary>
    public SortedDictionary<string, MemoryNode> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Names on the medium.</summary>
    public SortedDictionary<string, MemoryNode> Durable { get; } = new(StringComparer.Ordinal);

    /// <summary>Frees the memory of all files in and below it.</summary>
    public void Discard()
    {
        foreach (MemoryNode node in Entries.Values)
        {
            (node as MemoryFolder)?.Discard();
            (node as MemoryFile)?.Content.Dispose();
        }
    }
}

/// <summary>A file: its bytes now, and those on the medium. What lies between is in the directory's pending
/// units.</summary>
internal sealed class MemoryFile(Lock gate, ulong inode, bool isQuick, byte[]? initial = null) : MemoryNode(gate, inode)
{
    private const long BlockBytes = 4096;

    /// <summary>Bytes now.</summary>
    public MemoryContent Content { get; } = new(isQuick, initial);

    /// <summary>Length now.</summary>
    public long Length { get; set; }

    /// <summary>End of the last byte ever written; from there to <see cref="Length"/> all are zero.</summary>
    public long WrittenEnd { get; set; }

    /// <summary>Bytes on the medium; zero from its end to <see cref="DurableLength"/>.</summary>
    public byte[] Durable { get; set; } = [];

    /// <summary>Length on the medium.</summary>
    public long DurableLength { get; set; }

    /// <summary>Words stored through a shared page and not overwritten by a write since. No sync makes them durable:
    /// the store never syncs what it writes there.</summary>
    public SortedDictionary<int, ulong> PageWords { get; } = [];

    /// <summary>Modification time, nanoseconds since 1970.</summary>
    public long ModifiedNs { get; set; }

    /// <summary>Change time, nanoseconds since 1970.</summary>
    public long ChangedNs { get; set; }

    /// <summary>Names now.</summary>
    public int Links { get; set; }

    /// <summary>Open files, regions and pages.</summary>
    public int Holds { get; set; }

    /// <summary>Blocks taken.</summary>
    public long AllocatedBytes => (Length + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Frees the memory of a file without a name that nobody holds. What a crash image would need of it is
    /// kept elsewhere: <see cref="Durable"/>, pending units and page words.</summary>
    public void FreeIfUnused()
    {
        if (Links == 0 && Holds == 0)
        {
            Content.Dispose();
        }
    }

    /// <summary>The facts in the words of the seam.</summary>
    public FileStamp ToStamp() => new(Length, 1, Inode, ModifiedNs, ChangedNs, AllocatedBytes, Mode);
}
