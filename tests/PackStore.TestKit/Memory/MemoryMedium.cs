using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// What lies between a <see cref="MemoryDirectory"/> and its medium: changes no sync has covered yet, the space used,
/// and a clock that
/// only changes move. Guarded by the directory's lock.
/// </summary>
internal sealed class MemoryMedium
{
    private const long BlockBytes = 4096;

    private long _sequence;
    private long _clockNs = 1_700_000_000_000_000_000;

    /// <summary>Changes that a power cut may lose, oldest first, without shared pages.</summary>
    public List<PendingUnit> Pending { get; } = [];

    /// <summary>Blocks in use.</summary>
    public long UsedBytes { get; set; }

    /// <summary>Blocks there are.</summary>
    public long CapacityBytes { get; set; } = 1L << 40;

    /// <summary>A copy for another disk, with nothing pending.</summary>
    public MemoryMedium Copy() => new()
    {
        UsedBytes = UsedBytes,
        CapacityBytes = CapacityBytes,
        _sequence = _sequence,
        _clockNs = _clockNs,
    };

    /// <summary>The next time stamp: later than all before, and the same in every run.</summary>
    public long Tick() => _clockNs += 1_000_000;

    /// <summary>Takes space or throws.</summary>
    public void Charge(long bytes, string operation, string name)
    {
        if (bytes > CapacityBytes - UsedBytes)
        {
            throw StorageError.FromErrno(operation, name, StorageError.Enospc);
        }

        UsedBytes += bytes;
    }

    /// <summary>Writes what fits, and throws if that is not all.</summary>
    public void Write(MemoryFile file, string name, long offset, ReadOnlySpan<byte> source)
    {
        long roomEnd = file.AllocatedBytes + ((CapacityBytes - UsedBytes) / BlockBytes * BlockBytes);
        int fitting = (int)Math.Clamp(roomEnd - offset, 0, source.Length);
        if (fitting > 0)
        {
            file.Content.Writable(offset, source.Length);
            if (offset + fitting > file.Length)
            {
                SetLength(file, name, offset + fitting);
            }

            ReadOnlySpan<byte> bytes = source[..fitting];
            bytes.CopyTo(file.Content.Writable(offset, fitting));
            file.WrittenEnd = Math.Max(file.WrittenEnd, offset + fitting);
            ForgetPageWords(file, offset, fitting);
            Add(new PendingUnit
            {
                Kind = PendingKind.Data,
                Name = name,
                Node = file,
                Offset = offset,
                Bytes = bytes.ToArray(),
            });
            file.ModifiedNs = file.ChangedNs = Tick();
        }

        if (fitting < source.Length)
        {
            throw StorageError.FromErrno("write", name, StorageError.Enospc);
        }
    }

    /// <summary>Grows a file with zeros or throws and changes nothing.</summary>
    public void Reserve(MemoryFile file, string name, long length)
    {
        if (length <= file.Length)
        {
            return;
        }

        long more = ((length + BlockBytes - 1) / BlockBytes * BlockBytes) - file.AllocatedBytes;
        if (more > CapacityBytes - UsedBytes)
        {
            throw StorageError.FromErrno("reserve space for", name, StorageError.Enospc);
        }

        file.Content.Writable(length, 0);
        SetLength(file, name, length);
        file.ModifiedNs = file.ChangedNs = Tick();
    }

    /// <summary>Sets a length, for which there is room.</summary>
    public void SetLength(MemoryFile file, string name, long length)
    {
        if (length == file.Length)
        {
            return;
        }

        Add(new PendingUnit
        {
            Kind = PendingKind.Length,
            Name = name,
            Node = file,
            Offset = file.Length,
            Length = length,
        });
        if (length < file.WrittenEnd)
        {
            file.Content.Writable(length, (int)(file.WrittenEnd - length)).Clear();
            file.WrittenEnd = length;
        }

        UsedBytes -= file.AllocatedBytes;
        file.Length = length;
        UsedBytes += file.AllocatedBytes;
        file.Content.Uncover(length);
    }

    /// <summary>Makes a file's data and length durable.</summary>
    public void Sync(MemoryFile file)
    {
        FileImage image = new(file.Durable, file.DurableLength);
        foreach (PendingUnit unit in Pending)
        {
            if (ReferenceEquals(unit.Node, file) && unit.Folder is null)
            {
                image.Apply(unit);
            }
        }

        Pending.RemoveAll(unit => ReferenceEquals(unit.Node, file) && unit.Folder is null);
        (file.Durable, file.DurableLength) = image.Finish();
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public void SyncFolder(MemoryFolder folder)
    {
        PendingUnit[] covered = [.. Pending.Where(unit => ReferenceEquals(unit.Folder, folder))];
        foreach (PendingUnit unit in covered)
        {
            unit.ApplyTo(static changed => changed.Durable);
            Pending.Remove(unit);
            if (unit.Kind == PendingKind.Rename)
            {
                // The old name is gone for good: nothing earlier can bring it back.
                Pending.RemoveAll(older => older.Sequence < unit.Sequence
                    && ReferenceEquals(older.Folder, unit.FromFolder) && older.Leaf == unit.FromLeaf);
            }
        }
    }

    /// <summary>Notes a change that nothing has made durable yet.</summary>
    public void Add(PendingUnit unit) => Pending.Add(unit with { Sequence = ++_sequence });

    private static void ForgetPageWords(MemoryFile file, long offset, int count)
    {
        if (file.PageWords.Count == 0 || offset >= SharedPage.Bytes)
        {
            return;
        }

        long first = offset / sizeof(ulong);
        long last = (offset + count - 1) / sizeof(ulong);
        foreach (int index in file.PageWords.Keys.Where(index => index >= first && index <= last).ToArray())
        {
            file.PageWords.Remove(index);
        }
    }
}
