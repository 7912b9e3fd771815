using System.Buffers;
using System.IO.Hashing;
using PackStore.Format;
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

    /// <summary>Ends promises.</summary>
    public Action<long>? Release { get; set; }

    /// <summary>The store's directory.</summary>
    public IStoreDirectory Directory => directory;

    /// <summary>Starts a new file for a key.</summary>
    public LooseWriter CreateWriter(in ArtifactKey key)
    {
        EnsureDirectory(key);
        string temporary = StoreFileNames.LooseTemporary(key.Bytes, (ulong)Random.Shared.NextInt64());
        return new LooseWriter(this, key, temporary, directory.Create(temporary));
    }

    /// <summary>Makes a loose payload of a caller's file: shares blocks, shares the inode if asked for, else
    /// copies.</summary>
    public LooseFile Adopt(in ArtifactKey key, int index, string path, FileAdoption adoption)
    {
        using IStoreFile source = directory.OpenForeign(path);
        FileStamp before = source.Stat();
        if (adoption == FileAdoption.HardLink && TryLink(key, index, path, source, out LooseFile linked))
        {
            return linked;
        }

        using LooseWriter writer = CreateWriter(key);
        writer.Charge(before.Length);
        if (adoption == FileAdoption.Copy || !writer.File.TryCloneFrom(source, 0, 0, before.Length))
        {
            writer.File.CopyFrom(source, 0, 0, before.Length);
        }

        // The checksum is of the bytes we now own, so a change of the source meanwhile cannot come between.
        if (!LooseHash.TryOf(writer.File, before.Length, out ulong checksum)
            || writer.File.Stat().Length != before.Length)
        {
            throw new IOException($"{path} changed while it was adopted.");
        }

        return writer.FinishAdopted(index, before.Length, checksum, sharesInode: false);
    }

    /// <summary>Makes a loose payload of bytes of an open file: links it where that was asked for and can be, shares
    /// blocks, else copies. Whoever looks on sees the bytes that are kept.</summary>
    /// <param name="key">The key.</param>
    /// <param name="index">Which payload of it.</param>
    /// <param name="source">The file.</param>
    /// <param name="offset">Where they start there.</param>
    /// <param name="length">How many they are; all of the file, if it is to be linked.</param>
    /// <param name="linkFrom">A path of the file whose last name, but for this link, the caller will remove; null to leave
    /// the file alone. Until then whoever opens the payload finds that others have its inode, and reads it.</param>
    /// <param name="visit">Told of all bytes in order.</param>
    public LooseFile Take(
        in ArtifactKey key, int index, IStoreFile source, long offset, long length, string? linkFrom, LooseVisitor visit)
    {
        using LooseWriter writer = (linkFrom is null ? null : TryLinkTemporary(key, linkFrom, source)) ?? CreateWriter(key);
        writer.Charge(length);
        if (!IsSame(writer.File, source) && !writer.File.TryCloneFrom(source, offset, 0, length))
        {
            writer.File.CopyFrom(source, offset, 0, length);
        }

        XxHash3 hash = new();
        bool isWhole = LooseHash.TryVisit(writer.File, 0, length, bytes =>
        {
            hash.Append(bytes);
            visit(bytes);
        });
        return isWhole && writer.File.Stat().Length == length
            ? writer.FinishAdopted(index, length, hash.GetCurrentHashAsUInt64(), sharesInode: false)
            : throw new IOException($"{source.Name} changed while it was adopted.");
    }

    /// <summary>The bytes of a loose payload, present, of the recorded length and, unless the policy says never,
    /// checksum; null otherwise.</summary>
    public PayloadBytes? TryOpen(in ArtifactKey key, int index, in PayloadDescriptor descriptor)
    {
        try
        {
            return TryOpenNamed(StoreFileNames.LooseFile(key.Bytes, index, descriptor.Place), descriptor);
        }
        catch (IOException)
        {
            // A link, a directory, or an unreadable file in its place: to the caller all of that is a payload that is
            // not there.
            return null;
        }
    }

    private PayloadBytes? TryOpenNamed(string name, in PayloadDescriptor descriptor)
    {
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

        return TryMap(name, descriptor);
    }

    /// <summary>Gives a file an inode of its own if others have names of it. Who has it mapped keeps the old one, whose
    /// bytes are the same.</summary>
    public void Own(string name)
    {
        using IStoreFile? file = directory.TryOpen(name, writable: false);
        if (file is null || file.Stat() is not { Links: > 1 } shared)
        {
            return;
        }

        string folder = name[..name.LastIndexOf('/')];
        string temporary = $"{folder}/{Random.Shared.NextInt64():x16}{StoreFileNames.TemporarySuffix}";
        using IStoreFile copy = directory.Create(temporary);
        try
        {
            copy.CopyFrom(file, 0, 0, shared.Length);
            copy.Sync();
            directory.Replace(temporary, name);
        }
        catch (IOException)
        {
            directory.Delete(temporary);
            throw;
        }

        directory.SyncDirectory(folder);
        lock (_lock)
        {
            DropLocked(name);
        }
    }

    /// <summary>Removes a file that no record names any more.</summary>
    public void Delete(string name)
    {
        lock (_lock)
        {
            DropLocked(name);
            if (_unsynced.Remove(name, out IStoreFile? file))
            {
                file?.Dispose();
            }
        }

        directory.Delete(name);
    }

    /// <summary>Makes every file written so far, and its name, durable. Throws if the system says that it failed, and
    /// from then on always: a file
    /// whose sync failed once must not be taken for durable later.</summary>
    public void Sync()
    {
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

    /// <summary>Gives a temporary file the first free name of its payload.</summary>
    internal string Rename(string temporary, in ArtifactKey key, int index, out uint generation)
    {
        generation = 0;
        while (true)
        {
            string name = StoreFileNames.LooseFile(key.Bytes, index, generation);
            if (directory.TryRename(temporary, name))
            {
                return name;
            }

            generation = (uint)Random.Shared.NextInt64(1, uint.MaxValue);
        }
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
        if (file is not null)
        {
            file.Sync();
            return;
        }

        // Removed meanwhile: nothing is left to sync.
        using IStoreFile? opened = directory.TryOpen(name, writable: true);
        opened?.Sync();
    }

    private void EnsureDirectory(in ArtifactKey key)
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

    private bool TryLink(in ArtifactKey key, int index, string path, IStoreFile source, out LooseFile linked)
    {
        linked = default;
        using LooseWriter? writer = TryLinkTemporary(key, path, source);
        if (writer is null || !LooseHash.TryOf(writer.File, source.Stat().Length, out ulong checksum))
        {
            return false;
        }

        writer.Charge(writer.File.Stat().Length);
        linked = writer.FinishAdopted(index, writer.File.Stat().Length, checksum, sharesInode: true);
        return true;
    }

    private LooseWriter? TryLinkTemporary(in ArtifactKey key, string path, IStoreFile source)
    {
        EnsureDirectory(key);
        string temporary = StoreFileNames.LooseTemporary(key.Bytes, (ulong)Random.Shared.NextInt64());
        if (!directory.TryLinkForeign(path, temporary))
        {
            return null;
        }

        IStoreFile? file = directory.TryOpen(temporary, writable: false);
        if (file is null || !IsSame(file, source))
        {
            file?.Dispose();
            directory.Delete(temporary);
            return null;
        }

        return new LooseWriter(this, key, temporary, file);
    }

    private static bool IsSame(IStoreFile a, IStoreFile b) =>
        a.Stat() is var x && b.Stat() is var y && x.Device == y.Device && x.Inode == y.Inode;

    private PayloadBytes? TryMap(string name, in PayloadDescriptor descriptor)
    {
        using IStoreFile? file = directory.TryOpen(name, writable: false);
        if (file is null || file.Stat().Length != descriptor.StoredLength)
        {
            return null;
        }

        if (descriptor.StoredLength == 0)
        {
            return new PayloadBytes(ArrayPool<byte>.Shared.Rent(1), 0);
        }

        MappedRegion region = file.Map(descriptor.StoredLength);
        if (!region.TryPopulate(0, descriptor.StoredLength)
            || (verify && LooseHash.Of(RegionMemory.Sequence(region, 0,
                descriptor.StoredLength)) != descriptor.Checksum))
        {
            region.Release();
            return null;
        }

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
