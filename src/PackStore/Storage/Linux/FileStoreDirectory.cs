using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// A store's directory by system calls relative to its own descriptor: it stays the same directory when its path is
/// renamed, and no link inside is followed.
/// </summary>
internal sealed unsafe class FileStoreDirectory : IStoreDirectory
{
    private const uint PrivateFile = 0x180; // 0600
    private const uint PrivateDirectory = 0x1C0; // 0700
    private const uint ForeignFile = 0x1B6; // 0666, less the umask

    private readonly SafeFileHandle _root;
    private readonly StorageFeatures _features;

    // r--r-- of group and others (0044 at most); files to come take it. Written by AdoptModeFrom, read by creations:
    // one word.
    private volatile uint _sharedReadBits;

    private FileStoreDirectory(SafeFileHandle root, string fullPath, StorageFeatures features)
    {
        _root = root;
        _features = features;
        FullPath = fullPath;
        BootId = ReadBootId();
    }

    /// <inheritdoc/>
    public string FullPath { get; }

    /// <inheritdoc/>
    public Guid BootId { get; }

    /// <inheritdoc/>
    public bool MapsBeyondEnd => true;

    /// <summary>Opens a directory that exists. The path itself may be or contain links.</summary>
    public static FileStoreDirectory Open(string path, StorageFeatures? features = null)
    {
        string fullPath = Path.GetFullPath(path);
        int flags = OpenReadOnly | OpenDirectory | OpenCloseOnExec;
        int descriptor = OpenRetrying(CurrentDirectory, fullPath, flags, 0, out int errno);
        if (errno != 0)
        {
            throw StorageError.FromErrno("open", fullPath, errno);
        }

        FileSizeSignal.Survive();
        SafeFileHandle root = new(descriptor, ownsHandle: true);
        return new FileStoreDirectory(root, fullPath, features ?? StorageFeatures.All);
    }

    /// <summary>Creates the directory, private, and its parents with the usual mode. See
    /// <see cref="StoreDirectories"/>.</summary>
    public static bool TryCreateRoot(string path) => RootCreation.TryCreate(Path.GetFullPath(path), PrivateDirectory);

    /// <inheritdoc/>
    public IStoreFile? TryOpen(string name, bool writable)
    {
        using ParentDirectory parent = ParentDirectory.TryOpen(_root, name);
        int errno = parent.Errno;
        int descriptor = -1;
        if (errno == 0)
        {
            int access = writable ? OpenReadWrite : OpenReadOnly;
            descriptor = OpenRetrying(parent.Descriptor, parent.Leaf, access | InsideFlags, 0, out errno);
        }

        if (errno == StorageError.Enoent)
        {
            return null;
        }

        return errno == 0 ? Adopt(descriptor, name, writable) : throw StorageError.FromErrno("open", name, errno);
    }

    /// <inheritdoc/>
    public IStoreFile Create(string name)
    {
        using ParentDirectory parent = ParentDirectory.Open(_root, name, "create");
        int flags = OpenReadWrite | OpenCreate | OpenExclusive | InsideFlags;
        int descriptor = OpenRetrying(parent.Descriptor, parent.Leaf, flags, PrivateFile, out int errno);
        if (errno != 0)
        {
            throw StorageError.FromErrno("create", name, errno);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        SetModeOrClose(handle, name, PrivateFile | _sharedReadBits);
        return new FileStoreFile(handle, name, writable: true, isForeign: false, _features);
    }

    /// <inheritdoc/>
    public void CreateDirectory(string name)
    {
        using ParentDirectory parent = ParentDirectory.Open(_root, name, "create");
        bool isNew = Libc.MakeDirectoryAt(parent.Descriptor, parent.Leaf, PrivateDirectory) == 0;
        int errno = isNew ? 0 : Marshal.GetLastPInvokeError();
        if (errno is not (0 or StorageError.Eexist))
        {
            throw StorageError.FromErrno("create", name, errno);
        }

        // Also tells whether what is there already is a directory and no link.
        int descriptor = ParentDirectory.OpenComponent(parent.Descriptor, parent.Leaf, out errno);
        if (errno != 0)
        {
            throw StorageError.FromErrno("open", name, errno);
        }

        using SafeFileHandle directory = new(descriptor, ownsHandle: true);
        uint read = _sharedReadBits;
        uint wanted = PrivateDirectory | read | (read >> 2);
        uint present = FileStoreFile.StatusOf(directory, name).Mode & PermissionMask;
        if (isNew && (present & 0x1FF) != wanted && Libc.ChangeMode(directory, (present & ~0x1FFu) | wanted) != 0)
        {
            throw StorageError.FromLast("set the mode of", name);
        }
    }

    /// <inheritdoc/>
    public void AdoptModeFrom(string name)
    {
        if (TryStat(name, "examine") is { } status)
        {
            _sharedReadBits = status.Mode & (uint)(UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    /// <inheritdoc/>
    public void Replace(string from, string to)
    {
        using ParentDirectory source = ParentDirectory.Open(_root, from, "rename");
        using ParentDirectory target = ParentDirectory.Open(_root, to, "rename");
        if (Libc.RenameAt(source.Descriptor, source.Leaf, target.Descriptor, target.Leaf) != 0)
        {
            throw StorageError.FromLast($"rename to '{to}'", from);
        }
    }

    /// <inheritdoc/>
    public bool TryRename(string from, string to)
    {
        using ParentDirectory source = ParentDirectory.Open(_root, from, "rename");
        using ParentDirectory target = ParentDirectory.Open(_root, to, "rename");
        int errno = StorageError.Enosys;
        if (_features.RenameWithoutReplacing)
        {
            errno = Libc.RenameAt2(source.Descriptor, source.Leaf, target.Descriptor, target.Leaf, RenameNoReplace) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }

        if (errno is StorageError.Enosys or StorageError.Einval)
        {
            // A crash between the two leaves both names on one file: the new one is whole, the old one is swept as any
            // leftover.
            errno = Libc.LinkAt(source.Descriptor, source.Leaf, target.Descriptor, target.Leaf, 0) == 0
                && Libc.UnlinkAt(source.Descriptor, source.Leaf, 0) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }

        return errno switch
        {
            0 => true,
            StorageError.Eexist => false,
            _ => throw StorageError.FromErrno($"rename to '{to}'", from, errno),
        };
    }

    /// <inheritdoc/>
    public bool Delete(string name)
    {
        using ParentDirectory parent = ParentDirectory.TryOpen(_root, name);
        int errno = parent.Errno;
        if (errno == 0 && Libc.UnlinkAt(parent.Descriptor, parent.Leaf, 0) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
        }

        return errno switch
        {
            0 => true,
            StorageError.Enoent => false,
            _ => throw StorageError.FromErrno("delete", name, errno),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoreEntry> List(string name)
    {
        int descriptor = OpenInside(name, out int errno);
        return errno switch
        {
            0 => DirectoryEntries.ReadAndClose(descriptor, name),
            StorageError.Enoent => [],
            _ => throw StorageError.FromErrno("list", name, errno),
        };
    }

    /// <inheritdoc/>
    public long AllocatedBytes(string name)
    {
        int descriptor = OpenInside(name, out int errno);
        if (errno != 0)
        {
            throw StorageError.FromErrno("examine", name, errno);
        }

        using SafeFileHandle directory = new(descriptor, ownsHandle: true);
        return FileStoreFile.StatusOf(directory, name).AllocatedBytes;
    }

    /// <inheritdoc/>
    public void SyncDirectory(string name)
    {
        int descriptor = OpenInside(name, out int errno);
        if (errno == 0)
        {
            errno = RootCreation.SyncAndClose(descriptor);
        }

        if (errno != 0)
        {
            throw StorageError.FromSync("sync directory", name, errno);
        }
    }

    /// <inheritdoc/>
    public IDisposable? TryLock(string name, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        using ParentDirectory parent = ParentDirectory.Open(_root, name, "lock");
        return FileStoreLock.TryAcquire(parent, name, PrivateFile | _sharedReadBits, holder, out currentHolder);
    }

    /// <inheritdoc/>
    public IStoreFile OpenForeign(string path) => ForeignFiles.Open(path, _features);

    /// <inheritdoc/>
    public IStoreFile CreateForeign(string path, UnixFileMode? mode)
        => ForeignFiles.Create(path, mode, ForeignFile, _features);

    /// <inheritdoc/>
    public bool TryLinkForeign(string path, string name)
    {
        using ParentDirectory parent = ParentDirectory.Open(_root, name, "link");
        return ForeignFiles.TryLinkIn(path, parent, name);
    }

    /// <inheritdoc/>
    public bool TryLinkOut(string name, string path)
    {
        using ParentDirectory parent = ParentDirectory.Open(_root, name, "link");
        return ForeignFiles.TryLinkOut(parent, name, path);
    }

    /// <inheritdoc/>
    public long AvailableBytes()
    {
        FileSystemStatus status;
        if (Libc.StatFileSystem(_root, &status) != 0)
        {
            throw StorageError.FromLast("examine the file system of", FullPath);
        }

        return (long)status.AvailableBlocks * (status.FragmentBytes != 0 ? status.FragmentBytes : status.BlockBytes);
    }

    /// <inheritdoc/>
    public TableMemory ReserveTable(long capacityBytes) => FileTableBacking.Reserve(capacityBytes);

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    /// <summary><c>openat</c>, again when a signal came between.</summary>
    public static int OpenRetrying(int directory, string path, int flags, uint mode, out int errno)
    {
        int descriptor;
        do
        {
            descriptor = Libc.OpenAt(directory, path, flags, mode);
            errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (errno == StorageError.Eintr);
        return descriptor;
    }

    /// <summary>Flags for opening a name inside the store: no link is followed and nothing waits.</summary>
    public static int InsideFlags => OpenNoFollow | OpenCloseOnExec | OpenNonBlocking | OpenNoTerminal;

    /// <summary>Refuses pipes, devices and directories.</summary>
    public static void ThrowUnlessRegular(SafeFileHandle file, string name, string operation)
    {
        if (!FileStoreFile.StatusOf(file, name).IsRegular)
        {
            throw StorageError.WrongKind(operation, name, "a regular file");
        }
    }

    /// <summary>Sets exactly these bits, whatever the umask took; on failure closes the file.</summary>
    public static void SetModeOrClose(SafeFileHandle handle, string name, uint mode)
    {
        if (Libc.ChangeMode(handle, mode) != 0)
        {
            IOException error = StorageError.FromLast("set the mode of", name);
            handle.Dispose();
            throw error;
        }
    }

    private static Guid ReadBootId()
    {
        try
        {
            string text = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return Guid.TryParse(text, CultureInfo.InvariantCulture, out Guid id) ? id : Guid.Empty;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A container without /proc: zero says that nothing is known, and the engine then trusts no hint.
            return Guid.Empty;
        }
    }

    private FileStoreFile Adopt(int descriptor, string name, bool writable)
    {
        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        try
        {
            ThrowUnlessRegular(handle, name, "open");
        }
        catch (IOException)
        {
            handle.Dispose();
            throw;
        }

        return new FileStoreFile(handle, name, writable, isForeign: false, _features);
    }

    // "" is the store's own directory, by a descriptor of its own.
    private int OpenInside(string name, out int errno)
    {
        using ParentDirectory parent = ParentDirectory.TryOpen(_root, name.Length == 0 ? "." : name);
        errno = parent.Errno;
        return errno == 0 ? ParentDirectory.OpenComponent(parent.Descriptor, parent.Leaf, out errno) : -1;
    }

    private FileStatus? TryStat(string name, string operation)
    {
        using ParentDirectory parent = ParentDirectory.TryOpen(_root, name);
        FileStatus status = default;
        int errno = parent.Errno;
        if (errno == 0 && Libc.StatAt(parent.Descriptor, parent.Leaf, StatLinkItself, BasicStatus, &status) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
        }

        return errno switch
        {
            0 => status,
            StorageError.Enoent => null,
            _ => throw StorageError.FromErrno(operation, name, errno),
        };
    }
}
