using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// A disk in memory that knows what a power cut may take: every write, length and name that no sync has covered yet is
/// a <see cref="PendingUnit"/>, to be lost, kept or torn apart from all others.
/// </summary>
/// <remarks>
/// A file's sync covers its data and length, never its name; a directory's sync covers the names in it, never what they
/// stand for; a rename is one unit in both directories and covered by the sync of the new one. Modes and times are
/// durable at once. It is the disk, not a connection to it: after <see cref="Dispose"/> it can be used again, as a
/// directory can be opened again. Files outside the store are real ones. Linux only: regions are real mappings, so that
/// misuse faults.
/// </remarks>
internal sealed class MemoryDirectory : IStoreDirectory
{
    private const long FolderBytes = 4096;

    // Files outside the store; never disposed, as it serves the whole process.
    private static readonly IStoreDirectory s_outside = StoreDirectories.Open(Path.GetTempPath());

    // Protects everything below and all nodes.
    private readonly Lock _gate;
    private readonly MemoryMedium _medium;
    private readonly MemoryFolder _root;
    private readonly HashSet<MemoryFile> _locked = [];
    private readonly int _bootNumber;
    private readonly bool _isQuick;
    private UnixFileMode _sharedReadBits;
    private ulong _lastInode;

    /// <summary>An empty disk.</summary>
    /// <param name="isQuick">Whether it takes its memory from <see cref="MemorySlabs"/>: for small stores by the
    /// million, without the guards that make misuse fault.</param>
    public MemoryDirectory(bool isQuick = false)
        : this(new Lock(), new MemoryMedium { UsedBytes = FolderBytes }, bootNumber: 1, isQuick)
    {
    }

    private MemoryDirectory(Lock gate, MemoryMedium medium, int bootNumber, bool isQuick)
    {
        _isQuick = isQuick;
        _gate = gate;
        _medium = medium;
        _bootNumber = bootNumber;
        _root = new MemoryFolder(gate, ++_lastInode) { Mode = UserAll };
    }

    /// <inheritdoc/>
    public string FullPath => "/memory";

    /// <inheritdoc/>
    public Guid BootId => new(_bootNumber, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    /// <inheritdoc/>
    public bool MapsBeyondEnd => true;

    /// <summary>Where released regions and tables go; <see langword="null"/> to give their memory back.</summary>
    public PoisonLedger? Ledger { get; set; }

    /// <summary>Size of the disk. Writes that would exceed it fail with ENOSPC after what fits; reservations change
    /// nothing.</summary>
    public long CapacityBytes
    {
        get => _medium.CapacityBytes;
        set => _medium.CapacityBytes = value;
    }

    private static UnixFileMode UserAll => UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What a power cut now could lose, oldest first, shared pages last.</summary>
    public IReadOnlyList<PendingUnit> PendingUnits
    {
        get
        {
            lock (_gate)
            {
                return PendingLocked();
            }
        }
    }

    /// <summary>The disk as a power cut now leaves it: each pending unit kept, lost or torn as chosen.</summary>
    public MemoryDirectory Crash(ICrashChooser chooser)
    {
        lock (_gate)
        {
            MemoryMedium medium = _medium.Copy();
            MemoryDirectory image = new(new Lock(), medium, _bootNumber + 1, _isQuick) { Ledger = Ledger };
            CrashImage builder = new(PendingLocked(), chooser, image._gate, _isQuick);
            image._lastInode = builder.BuildInto(image._root, _root);
            medium.UsedBytes = builder.UsedBytes;
            return image;
        }
    }

    /// <summary>The disk as the death of the process leaves it: all is kept, the same boot goes on, and what was
    /// pending still is.</summary>
    public MemoryDirectory KillImage()
    {
        lock (_gate)
        {
            MemoryMedium medium = _medium.Copy();
            MemoryDirectory image = new(new Lock(), medium, _bootNumber, _isQuick)
            {
                Ledger = Ledger,
                _lastInode = _lastInode,
            };
            KillCopy copier = new(image._gate, _root, image._root, _isQuick);
            medium.Pending.AddRange(_medium.Pending.Select(copier.CopyOf));
            return image;
        }
    }

    /// <summary>Frees the memory of all files at once instead of when they are collected. The disk is not used
    /// again.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _root.Discard();
        }
    }

    /// <summary>A number that tells disks apart by what a process would find on them: names, lengths, bytes.</summary>
    public UInt128 Fingerprint()
    {
        lock (_gate)
        {
            return DiskFingerprint.Of(_root);
        }
    }

    /// <summary>Such a number for each file.</summary>
    public Dictionary<string, UInt128> Fingerprints()
    {
        lock (_gate)
        {
            Dictionary<string, UInt128> prints = [];
            DiskFingerprint.Each(_root, string.Empty, prints);
            return prints;
        }
    }

    /// <inheritdoc/>
    public IStoreFile? TryOpen(string name, bool writable)
    {
        lock (_gate)
        {
            return Find(name) switch
            {
                null => null,
                MemoryFile file => Hold(file, name, writable),
                _ => throw StorageError.WrongKind("open", name, "a regular file"),
            };
        }
    }

    /// <inheritdoc/>
    public IStoreFile Create(string name)
    {
        lock (_gate)
        {
            return Hold(CreateFile(name, "create"), name, writable: true);
        }
    }

    /// <inheritdoc/>
    public void CreateDirectory(string name)
    {
        lock (_gate)
        {
            if (Find(name) is { } there)
            {
                if (there is not MemoryFolder)
                {
                    throw StorageError.FromErrno("create", name, StorageError.Enotdir);
                }

                return;
            }

            _medium.Charge(FolderBytes, "create", name);
            int read = (int)_sharedReadBits;
            MemoryFolder folder = new(_gate, ++_lastInode) { Mode = UserAll | (UnixFileMode)(read | (read >> 2)) };
            Change(PendingKind.Create, name, "create", folder);
        }
    }

    /// <inheritdoc/>
    public void AdoptModeFrom(string name)
    {
        lock (_gate)
        {
            if (Find(name) is { } node)
            {
                _sharedReadBits = node.Mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }
        }
    }

    /// <inheritdoc/>
    public void Replace(string from, string to)
    {
        lock (_gate)
        {
            Rename(from, to);
        }
    }

    /// <inheritdoc/>
    public bool TryRename(string from, string to)
    {
        lock (_gate)
        {
            if (Find(from) is not null && Find(to) is not null)
            {
                return false;
            }

            Rename(from, to);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool Delete(string name)
    {
        lock (_gate)
        {
            switch (Find(name))
            {
                case null:
                    return false;
                case MemoryFile file:
                    Change(PendingKind.Delete, name, "delete", file);
                    Unlink(file);
                    return true;
                default:
                    throw StorageError.FromErrno("delete", name, StorageError.Eisdir);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoreEntry> List(string name)
    {
        lock (_gate)
        {
            return Find(name) switch
            {
                null => [],
                MemoryFolder folder => [.. folder.Entries.Select(Describe)],
                _ => throw StorageError.FromErrno("list", name, StorageError.Enotdir),
            };
        }
    }

    /// <inheritdoc/>
    public long AllocatedBytes(string name)
    {
        lock (_gate)
        {
            return FolderAt(name, "examine") is not null ? FolderBytes : 0;
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string name)
    {
        lock (_gate)
        {
            _medium.SyncFolder(FolderAt(name, "sync directory"));
        }
    }

    /// <inheritdoc/>
    public IDisposable? TryLock(string name, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        lock (_gate)
        {
            currentHolder = [];
            MemoryFile file = Find(name) as MemoryFile ?? CreateFile(name, "lock");
            if (!_locked.Add(file))
            {
                currentHolder = file.Content.Bytes(0, (int)file.Length).ToArray();
                return null;
            }

            try
            {
                _medium.Write(file, name, 0, holder);
                _medium.SetLength(file, name, holder.Length);
            }
            catch (IOException e) when (StorageError.IsNoSpace(e))
            {
                // The text is for people only; a full disk must not keep anybody from making room.
                currentHolder = [];
            }

            return new MemoryLock(_locked, file);
        }
    }

    /// <inheritdoc/>
    public IStoreFile OpenForeign(string path) => s_outside.OpenForeign(path);

    /// <inheritdoc/>
    public IStoreFile CreateForeign(string path, UnixFileMode? mode) => s_outside.CreateForeign(path, mode);

    /// <inheritdoc/>
    public bool TryLinkForeign(string path, string name) => false;

    /// <inheritdoc/>
    public bool TryLinkOut(string name, string path) => false;

    /// <inheritdoc/>
    public long AvailableBytes()
    {
        lock (_gate)
        {
            return Math.Max(0, _medium.CapacityBytes - _medium.UsedBytes);
        }
    }

    /// <inheritdoc/>
    public TableMemory ReserveTable(long capacityBytes) =>
        _isQuick ? SlabTable.Take(capacityBytes) : GuardedTable.Reserve(capacityBytes, Ledger);

    /// <summary>Closes nothing: see the remarks.</summary>
    public void Dispose()
    {
    }

    private static StoreEntry Describe(KeyValuePair<string, MemoryNode> entry) => entry.Value is MemoryFile file
        ? new StoreEntry(entry.Key, false, true, file.Length, file.AllocatedBytes)
        : new StoreEntry(entry.Key, true, false, FolderBytes, FolderBytes);

    private PendingUnit[] PendingLocked() => [.. _medium.Pending, .. CrashImage.PagesOf(_root, string.Empty)];

    private MemoryNode? Find(string name)
    {
        MemoryNode? node = _root;
        foreach (string component in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as MemoryFolder)?.Entries.GetValueOrDefault(component);
        }

        return node;
    }

    private MemoryFolder FolderAt(string name, string operation)
        => Find(name) as MemoryFolder ?? throw StorageError.FromErrno(operation, name, StorageError.Enoent);

    private MemoryFolder ParentOf(string name, string operation, out string leaf)
    {
        int slash = name.LastIndexOf('/');
        leaf = name[(slash + 1)..];
        return FolderAt(slash < 0 ? string.Empty : name[..slash], operation);
    }

    private MemoryStoreFile Hold(MemoryFile file, string name, bool writable)
    {
        file.Holds++;
        return new MemoryStoreFile(_medium, file, name, writable, Ledger);
    }

    private MemoryFile CreateFile(string name, string operation)
    {
        if (Find(name) is not null)
        {
            throw StorageError.FromErrno(operation, name, StorageError.Eexist);
        }

        long now = _medium.Tick();
        MemoryFile file = new(_gate, ++_lastInode, _isQuick)
        {
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | _sharedReadBits,
            ModifiedNs = now,
            ChangedNs = now,
            Links = 1,
        };
        Change(PendingKind.Create, name, operation, file);
        return file;
    }

    private void Rename(string from, string to)
    {
        MemoryNode node = Find(from) ?? throw StorageError.FromErrno("rename", from, StorageError.Enoent);
        MemoryNode? replaced = Find(to);
        if (replaced is MemoryFolder)
        {
            throw StorageError.FromErrno("rename", to, StorageError.Eisdir);
        }

        if (ReferenceEquals(replaced, node))
        {
            return;
        }

        MemoryFolder fromFolder = ParentOf(from, "rename", out string fromLeaf);
        Change(PendingKind.Rename, to, "rename", node, fromFolder, fromLeaf);
        if (replaced is MemoryFile file)
        {
            Unlink(file);
        }
    }

    private void Unlink(MemoryFile file)
    {
        file.Links--;
        _medium.UsedBytes -= file.AllocatedBytes;
        file.FreeIfUnused();
    }

    private void Change(
        PendingKind kind,
        string name,
        string operation,
        MemoryNode node,
        MemoryFolder? fromFolder = null,
        string from = "")
    {
        PendingUnit unit = new()
        {
            Kind = kind,
            Name = name,
            Node = node,
            Folder = ParentOf(name, operation, out string leaf),
            Leaf = leaf,
            FromFolder = fromFolder,
            FromLeaf = from,
        };
        unit.ApplyTo(static folder => folder.Entries);
        _medium.Add(unit);
    }
}
