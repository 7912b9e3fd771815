using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage.Portable;

/// <summary>
/// A store's directory by the runtime's own calls alone, for systems whose calls the store does not make itself.
/// </summary>
/// <remarks>
/// Weaker than <c>FileStoreDirectory</c>: paths are resolved anew each time, so a link is refused if it is there when
/// looked at; directories cannot be synced (NTFS journals names by itself); there are no hard links; on Windows modes
/// mean nothing and the directory's access list rules.
/// </remarks>
internal sealed class PortableStoreDirectory : IStoreDirectory
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateDirectory = PrivateFile | UnixFileMode.UserExecute;
    private const UnixFileMode SharedRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;

    // More than any holder's text; bounds what is read of a file that somebody else may have written.
    private const int MaxHolderBytes = 4096;

    private volatile int _sharedReadBits;

    private PortableStoreDirectory(string fullPath) => FullPath = fullPath;

    /// <inheritdoc/>
    public string FullPath { get; }

    /// <summary>Zero: the runtime does not tell.</summary>
    public Guid BootId => Guid.Empty;

    /// <inheritdoc/>
    public bool MapsBeyondEnd => false;

    /// <summary>Opens a directory that exists.</summary>
    public static PortableStoreDirectory Open(string path)
    {
        string fullPath = Path.GetFullPath(path);
        return Directory.Exists(fullPath)
            ? new PortableStoreDirectory(fullPath)
            : throw new IOException($"open '{fullPath}': there is no such directory.", StorageError.Enoent);
    }

    /// <summary>Creates the directory. See <see cref="StoreDirectories"/>; nothing is synced.</summary>
    public static bool TryCreateRoot(string path)
    {
        string fullPath = Path.GetFullPath(path);
        return PortableCalls.Run("create", fullPath, () =>
        {
            if (Directory.Exists(fullPath))
            {
                return false;
            }

            if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(fullPath)) is { } parent)
            {
                Directory.CreateDirectory(parent);
            }

            MakeDirectory(fullPath, PrivateDirectory);
            return true;
        });
    }

    /// <inheritdoc/>
    public IStoreFile? TryOpen(string name, bool writable) => PortableCalls.Run("open", name, () =>
    {
        FileInfo file = new(PathOf(name));
        ThrowIfLink(file, name);
        if (!file.Exists)
        {
            return Directory.Exists(file.FullName)
                ? throw StorageError.WrongKind("open", name, "a regular file")
                : null;
        }

        ThrowUnlessPlain(file, name);
        FileAccess access = writable ? FileAccess.ReadWrite : FileAccess.Read;
        SafeFileHandle? handle = TryOpenHandle(file.FullName, access);
        return handle is null ? null : new PortableStoreFile(handle, name, writable, isForeign: false);
    });

    /// <inheritdoc/>
    public IStoreFile Create(string name) => PortableCalls.Run("create", name, () =>
    {
        string path = PathOf(name);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, ShareAll);
        SetMode(handle, PrivateFile | (UnixFileMode)_sharedReadBits);
        return new PortableStoreFile(handle, name, writable: true, isForeign: false);
    });

    /// <inheritdoc/>
    public void CreateDirectory(string name) => PortableCalls.Run("create", name, () =>
    {
        DirectoryInfo directory = new(PathOf(name));
        ThrowIfLink(directory, name);
        if (!directory.Exists)
        {
            int read = _sharedReadBits;
            MakeDirectory(directory.FullName, PrivateDirectory | (UnixFileMode)(read | (read >> 2)));
        }
    });

    /// <inheritdoc/>
    public void AdoptModeFrom(string name)
    {
        FileInfo file = new(PathOf(name));
        if (file.Exists && !OperatingSystem.IsWindows())
        {
            _sharedReadBits = (int)(file.UnixFileMode & SharedRead);
        }
    }

    /// <inheritdoc/>
    public void Replace(string from, string to)
        => PortableCalls.Run($"rename to '{to}'", from, () => File.Move(PathOf(from), PathOf(to), overwrite: true));

    /// <inheritdoc/>
    public bool TryRename(string from, string to) => PortableCalls.Run($"rename to '{to}'", from, () =>
    {
        string target = PathOf(to);
        try
        {
            File.Move(PathOf(from), target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target) && File.Exists(PathOf(from)))
        {
            return false;
        }
    });

    /// <inheritdoc/>
    public bool Delete(string name) => PortableCalls.Run("delete", name, () =>
    {
        FileInfo file = new(PathOf(name));
        if (!file.Exists && file.LinkTarget is null)
        {
            return false;
        }

        file.Delete();
        return true;
    });

    /// <inheritdoc/>
    public IReadOnlyList<StoreEntry> List(string name) => PortableCalls.Run("list", name, () =>
    {
        DirectoryInfo directory = new(PathOf(name));
        ThrowIfLink(directory, name);
        List<StoreEntry> entries = [];
        if (!directory.Exists)
        {
            return entries;
        }

        EnumerationOptions all = new() { AttributesToSkip = 0 };
        foreach (FileSystemInfo found in directory.EnumerateFileSystemInfos("*", all))
        {
            bool isDirectory = found is DirectoryInfo && found.LinkTarget is null;
            bool isFile = found is FileInfo && IsPlain(found);
            long length = found is FileInfo file && isFile ? file.Length : 0;
            entries.Add(new StoreEntry(found.Name, isDirectory, isFile, length, PortableCalls.AllocationOf(length)));
        }

        return entries;
    });

    /// <summary>Zero: the runtime does not tell.</summary>
    public long AllocatedBytes(string name)
        => Directory.Exists(PathOf(name)) ? 0 : throw StorageError.FromErrno("examine", name, StorageError.Enoent);

    /// <summary>Does nothing beyond looking whether the directory is there: the runtime cannot sync one.</summary>
    public void SyncDirectory(string name)
    {
        if (!Directory.Exists(PathOf(name)))
        {
            throw StorageError.FromErrno("sync directory", name, StorageError.Enoent);
        }
    }

    /// <summary>As <see cref="IStoreDirectory.TryLock"/>; who holds it is known on Windows only.</summary>
    public IDisposable? TryLock(string name, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        FileInfo file = new(PathOf(name));
        ThrowIfLink(file, name);
        currentHolder = [];
        SafeFileHandle handle;
        try
        {
            bool isNew = !file.Exists;

            // On Unix only None takes the lock, and those who want to read are not kept out; on Windows None would keep
            // them out.
            FileShare share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None;
            handle = File.OpenHandle(file.FullName, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
            if (isNew)
            {
                SetMode(handle, PrivateFile | (UnixFileMode)_sharedReadBits);
            }
        }
        catch (UnauthorizedAccessException cause)
        {
            throw StorageError.FromUnauthorized("lock", name, cause);
        }
        catch (IOException error) when (StorageError.IsLocked(error))
        {
            // On Unix the runtime locks for reading too, so that nobody can read here who holds it.
            currentHolder = OperatingSystem.IsWindows() ? ReadHolder(file.FullName) : [];
            return null;
        }

        RandomAccess.Write(handle, holder, 0);
        RandomAccess.SetLength(handle, holder.Length);
        return handle;
    }

    /// <inheritdoc/>
    public IStoreFile OpenForeign(string path)
    {
        string fullPath = Path.GetFullPath(path);
        FileInfo file = new(fullPath);
        if (file.Exists && file.LinkTarget is null)
        {
            ThrowUnlessPlain(file, fullPath);
        }

        SafeFileHandle handle = File.OpenHandle(fullPath, FileMode.Open, FileAccess.Read, ShareAll);
        return new PortableStoreFile(handle, fullPath, writable: false, isForeign: true);
    }

    /// <inheritdoc/>
    public IStoreFile CreateForeign(string path, UnixFileMode? mode)
    {
        string fullPath = Path.GetFullPath(path);
        SafeFileHandle handle = File.OpenHandle(fullPath, FileMode.CreateNew, FileAccess.ReadWrite, ShareAll);
        if (mode is { } bits)
        {
            SetMode(handle, bits);
        }

        return new PortableStoreFile(handle, fullPath, writable: true, isForeign: true);
    }

    /// <inheritdoc/>
    public bool TryLinkForeign(string path, string name) => false;

    /// <inheritdoc/>
    public bool TryLinkOut(string name, string path) => false;

    /// <inheritdoc/>
    public long AvailableBytes()
        => PortableCalls.Run("examine", FullPath, () => new DriveInfo(FullPath).AvailableFreeSpace);

    /// <inheritdoc/>
    public TableMemory ReserveTable(long capacityBytes) => PortableTableBacking.Reserve(capacityBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Holds nothing open between calls.
    }

    private static SafeFileHandle? TryOpenHandle(string path, FileAccess access)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, access, ShareAll);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static byte[] ReadHolder(string path)
    {
        using SafeFileHandle? reader = TryOpenHandle(path, FileAccess.Read);
        byte[] buffer = new byte[MaxHolderBytes];
        return reader is null ? [] : buffer[..RandomAccess.Read(reader, buffer, 0)];
    }

    private static void MakeDirectory(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static void SetMode(SafeFileHandle handle, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(handle, mode);
        }
    }

    private static bool IsPlain(FileSystemInfo info)
        => info.LinkTarget is null && (info.Attributes & (FileAttributes.Device | FileAttributes.Directory)) == 0;

    private static void ThrowUnlessPlain(FileInfo file, string name)
    {
        if (!IsPlain(file))
        {
            throw StorageError.WrongKind("open", name, "a regular file");
        }
    }

    private static void ThrowIfLink(FileSystemInfo info, string name)
    {
        if (info.LinkTarget is not null)
        {
            throw StorageError.FromErrno("open", name, StorageError.Eloop);
        }
    }

    private string PathOf(string name)
    {
        string path = FullPath;
        string[] components = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < components.Length; i++)
        {
            path = Path.Combine(path, components[i]);
            if (i < components.Length - 1)
            {
                ThrowIfLink(new DirectoryInfo(path), name);
            }
        }

        return path;
    }
}
