using System.Buffers;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Storage;

namespace PackStore.Loose;

/// <summary>
/// The overflow tier: one file for each payload, named <c>&lt;key&gt;_&lt;i&gt;</c>. Writes, maps, checks and removes
/// them.
/// </summary>
/// <remarks>A file never changes once it has its name. A newer version of an artifact gets other names, so that the
/// older one stays whole
/// until the newer is durable. All members may run in parallel.</remarks>
internal sealed class LooseTier(IStoreDirectory directory, bool verify, bool keepUnsynced)
{
    private const int MaxUnsynced = 256;
    private const int MaxMapped = 128;
    private readonly Lock _lock = new();

    // One sync at a time: whoever returns from one knows that all files of before are durable. Taken before the other.
    private readonly Lock _syncLock = new();
    private IOException? _failure;
    private readonly Dictionary<string, Mapped> _mapped = [];
    private readonly Queue<string> _order = new();
    private readonly Dictionary<string, IStoreFile?> _unsynced = [];
    private readonly HashSet<string> _directories = [];

    /// <summary>Promises room for bytes about to be written, or throws; null if there is no limit.</summary>
    public Action<long>? Charge { get; set; }

    /// <summary>Called before bytes take space on the disk: makes some where it is short, or throws; null where nothing
    /// can.</summary>
    public Action<long>? MakeRoom { get; set; }

    /// <summary>Promises room for bytes if there is some; makes none, and takes no lock that compactions wait
    /// in.</summary>
    public Func<long, bool>? TryCharge { get; set; }

    /// <summary>Ends promises.</summary>
    public Action<long>? Release { get; set; }

    /// <summary>The store's directory.</summary>
    public IStoreDirectory Directory => directory;

    /// <summary>Files that are not for anybody else to remove.</summary>
    public LooseClaims Claims { get; } = new();

    /// <summary>Makes loose payloads of files that are there already.</summary>
    public LooseAdopter Adopter => new(this);

    /// <summary>Starts a new file for a key. Bytes that are live already, and only move, are not charged.</summary>
    public LooseWriter CreateWriter(in ArtifactKey key, bool isCharged = true)
    {
        string temporary = ClaimTemporary(key);
        try
        {
            return new LooseWriter(this, key, temporary, directory.Create(temporary), isCharged);
        }
        catch
        {
            Claims.Remove(temporary);
            throw;
        }
    }

    /// <summary>A new name for a file being written, claimed until the file has another or is gone.</summary>
    internal string ClaimTemporary(in ArtifactKey key)
    {
        EnsureDirectory(key);
        string temporary = StoreFileNames.LooseTemporary(key.Bytes, (ulong)Random.Shared.NextInt64());
        Claims.Add(temporary);
        return temporary;
    }

    /// <summary>The bytes of a loose payload, present, of the recorded length and, unless the policy says never,
    /// checksum; null otherwise.</summary>
    public PayloadBytes? TryOpen(in ArtifactKey key, int index, in PayloadDescriptor descriptor) =>
        TryOpen(key, index, descriptor, out _);

    /// <inheritdoc cref="TryOpen(in ArtifactKey, int, in PayloadDescriptor)"/>
    /// <param name="key">The key.</param>
    /// <param name="index">The payload's number.</param>
    /// <param name="descriptor">What the record says of it.</param>
    /// <param name="isRefused">Whether the system refused it just now, which says nothing about it.</param>
    public PayloadBytes? TryOpen(in ArtifactKey key, int index, in PayloadDescriptor descriptor, out bool isRefused)
    {
        try
        {
            return TryOpenNamed(
                StoreFileNames.LooseFile(key.Bytes, index, descriptor.Place), descriptor, out isRefused);
        }
        catch (IOException)
        {
            // A link, a directory, or an unreadable file in its place: to the caller all of that is a payload that is
            // not there.
            isRefused = true;
            return null;
        }
    }

    private PayloadBytes? TryOpenNamed(string name, in PayloadDescriptor descriptor, out bool isRefused)
    {
        isRefused = false;
        if (descriptor.SharesInode)
        {
            return TryReadShared(name, descriptor);
        }

        lock (_lock)
        {
            if (_mapped.TryGetValue(name, out Mapped? known))
            {
                if (known.Length == descriptor.StoredLength && known.Checksum == descriptor.Checksum
                    && known.Region.TryAddReference())
                {
                    return new PayloadBytes(known.Region, 0, known.Length);
                }

                DropLocked(name);
            }
        }

        return TryMap(name, descriptor, out isRefused);
    }

    /// <summary>Gives up the mapping of a file; whoever has it keeps it.</summary>
    internal void Forget(string name)
    {
        lock (_lock)
        {
            DropLocked(name);
        }
    }

    /// <summary>Removes a file that no record names any more, for who has a claim on it: that ends, also if the file
    /// cannot be removed. Says whether the file was there.</summary>
    public bool Delete(string name)
    {
        lock (_lock)
        {
            DropLocked(name);
            if (_unsynced.Remove(name, out IStoreFile? file))
            {
                file?.Dispose();
            }
        }

        SchedulePoint.Reach("loose.dropped");
        try
        {
            return directory.Delete(name);
        }
        finally
        {
            Claims.Remove(name);
        }
    }

    /// <summary>Makes every file written so far, and its name, durable. Throws if the system says that it failed, and
    /// from then on always: a file
    /// whose sync failed once must not be taken for durable later.</summary>
    public void Sync()
    {
        SchedulePoint.BeforeLock(_syncLock, "loose sync lock");
        lock (_syncLock)
        {
            if (_failure is { } earlier)
            {
                throw new IOException(earlier.Message, earlier);
            }

            KeyValuePair<string, IStoreFile?>[] files;
            lock (_lock)
            {
                // Taken out, so that a removal meanwhile does not close what is being synced.
                files = [.. _unsynced];
                _unsynced.Clear();
            }

            try
            {
                SyncAll(files);
            }
            catch (IOException e)
            {
                _failure = e;
                throw;
            }
            finally
            {
                foreach ((_, IStoreFile? file) in files)
                {
                    file?.Dispose();
                }
            }
        }
    }

    /// <summary>Gives up all mappings and descriptors.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach (string name in _mapped.Keys.ToArray())
            {
                DropLocked(name);
            }

            foreach (IStoreFile? file in _unsynced.Values)
            {
                file?.Dispose();
            }

            _unsynced.Clear();
        }
    }

    /// <summary>Gives a temporary file the first free name of its payload, claimed for the caller. A name that
    /// somebody claims is not free, whether the file is there or not: he may be about to remove it.</summary>
    internal string Rename(string temporary, in ArtifactKey key, int index, out uint generation)
    {
        generation = 0;
        while (true)
        {
            string name = StoreFileNames.LooseFile(key.Bytes, index, generation);
            if (Claims.TryAddFirst(name) && TryRenameClaimed(temporary, name))
            {
                return name;
            }

            generation = (uint)Random.Shared.NextInt64(1, uint.MaxValue);
        }
    }

    private bool TryRenameClaimed(string temporary, string name)
    {
        bool isRenamed = false;
        try
        {
            isRenamed = directory.TryRename(temporary, name);
        }
        finally
        {
            Claims.Remove(isRenamed ? temporary : name);
        }

        return isRenamed;
    }

    /// <summary>Remembers a file for the next <see cref="Sync"/>; null where only its name is known. Not to run out of
    /// descriptors, it syncs by itself
    /// when there are many, or, where only a flush syncs at all, keeps just the name.</summary>
    internal void NoteUnsynced(string name, IStoreFile? file)
    {
        if (!keepUnsynced)
        {
            file?.Dispose();
            file = null;
        }

        bool many;
        lock (_lock)
        {
            _unsynced[name] = file;
            many = file is not null && _unsynced.Count > MaxUnsynced;
        }

        if (many)
        {
            Sync();
        }
    }

    private void SyncAll(KeyValuePair<string, IStoreFile?>[] files)
    {
        foreach (IGrouping<string, KeyValuePair<string, IStoreFile?>> folder in files.GroupBy(f =>
            f.Key[..f.Key.LastIndexOf('/')]))
        {
            foreach ((string name, IStoreFile? file) in folder)
            {
                SyncFile(name, file);
            }

            directory.SyncDirectory(folder.Key);
        }

        if (files.Length > 0)
        {
            directory.SyncDirectory(StoreFileNames.Loose);
        }
    }

    private void SyncFile(string name, IStoreFile? file)
    {
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.UnsyncedLooseFile))
        {
            return;
        }
#endif
        if (file is not null)
        {
            file.Sync();
            return;
        }

        // Removed meanwhile: nothing is left to sync.
        using IStoreFile? opened = directory.TryOpen(name, writable: true);
        opened?.Sync();
    }

    /// <summary>Makes the directory of a key's files.</summary>
    internal void EnsureDirectory(in ArtifactKey key)
    {
        string folder = StoreFileNames.LooseDirectory(key.Bytes);
        lock (_lock)
        {
            if (!_directories.Contains(folder))
            {
                directory.CreateDirectory(folder);
                _directories.Add(folder);
            }
        }
    }

    private PayloadBytes? TryMap(string name, in PayloadDescriptor descriptor, out bool isRefused)
    {
        isRefused = false;
        using IStoreFile? file = directory.TryOpen(name, writable: false);
        SchedulePoint.Reach("loose.opened");
        if (file is null || file.Stat().Length != descriptor.StoredLength)
        {
            return null;
        }

        if (descriptor.StoredLength == 0)
        {
            return new PayloadBytes(ArrayPool<byte>.Shared.Rent(1), 0);
        }

        MappedRegion region = file.Map(descriptor.StoredLength);
        isRefused = !region.TryPopulate(0, descriptor.StoredLength);
        if (isRefused || (verify && LooseHash.Of(RegionMemory.Sequence(region, 0,
                descriptor.StoredLength)) != descriptor.Checksum))
        {
            region.Release();
            return null;
        }

        SchedulePoint.Reach("loose.mapped");
        lock (_lock)
        {
            // The region's first reference is the cache's; the caller gets one more.
            region.TryAddReference();
            DropLocked(name);
            _mapped[name] = new Mapped(region, descriptor.StoredLength, descriptor.Checksum);
            _order.Enqueue(name);
            while (_order.Count > MaxMapped)
            {
                DropLocked(_order.Dequeue());
            }
        }

        return new PayloadBytes(region, 0, descriptor.StoredLength);
    }

    /// <summary>Others may write to this inode or shorten it, so it is read, never mapped, and checked every
    /// time.</summary>
    private PayloadBytes? TryReadShared(string name, in PayloadDescriptor descriptor)
    {
        using IStoreFile? file = directory.TryOpen(name, writable: false);
        if (file is null || descriptor.StoredLength > Array.MaxLength || file.Stat().Length != descriptor.StoredLength)
        {
            return null;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)descriptor.StoredLength);
        int length = (int)descriptor.StoredLength;
        if (file.Read(0, buffer.AsSpan(0, length)) == length
            && Checksum.Of(buffer.AsSpan(0, length)) == descriptor.Checksum)
        {
            return new PayloadBytes(buffer, length);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }

    private void DropLocked(string name)
    {
        if (_mapped.Remove(name, out Mapped? mapped))
        {
            mapped.Region.Release();
        }
    }

    private sealed record Mapped(MappedRegion Region, long Length, ulong Checksum);
}
