using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>An open file of a <see cref="MemoryDirectory"/>.</summary>
internal sealed class MemoryStoreFile(
    MemoryMedium medium, MemoryFile file, string name, bool writable, PoisonLedger? ledger) : IStoreFile
{
    private bool _isDisposed;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public FileStamp Stat()
    {
        lock (file.Gate)
        {
            ThrowIfDisposed();
            return file.ToStamp();
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (file.Gate)
        {
            ThrowIfDisposed();
            int count = (int)Math.Clamp(file.Length - offset, 0, destination.Length);
            if (count > 0)
            {
                file.Content.Bytes(offset, count).CopyTo(destination);
            }

            return count;
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (file.Gate)
        {
            ThrowUnlessWritable("write");
            medium.Write(file, name, offset, source);
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        int total = 0;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            total += piece.Length;
        }

        // One write to the system is one unit that a crash can tear anywhere.
        byte[] joined = new byte[total];
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            piece.Span.CopyTo(joined.AsSpan(at));
            at += piece.Length;
        }

        Write(offset, joined);
    }

    /// <inheritdoc/>
    public void Reserve(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        lock (file.Gate)
        {
            ThrowUnlessWritable("reserve space for");
            medium.Reserve(file, name, length);
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        lock (file.Gate)
        {
            ThrowIfDisposed();
            medium.Sync(file);
        }
    }

    /// <inheritdoc/>
    public MappedRegion Map(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        lock (file.Gate)
        {
            ThrowIfDisposed();
            MappedRegion region = file.Content.Map(file, capacity, file.Length, ledger);
            file.Holds++;
            return region;
        }
    }

    /// <inheritdoc/>
    public SharedPage MapPage()
    {
        lock (file.Gate)
        {
            ThrowIfDisposed();
            if (file.Length < SharedPage.Bytes)
            {
                throw StorageError.TooShort("map a page of", name, SharedPage.Bytes, file.Length);
            }

            // Loads take no lock: the memory is there from now on.
            file.Content.Materialise();
            file.Holds++;
            return new MemoryPage(file, writable, ledger);
        }
    }

    /// <inheritdoc/>
    public void MapIntoTable(TableMemory table, long tableOffset, long fileOffset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tableOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(fileOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        TableReader.Fill(this, table, tableOffset, fileOffset, length);
    }

    /// <inheritdoc/>
    public bool TryCloneFrom(IStoreFile source, long sourceOffset, long offset, long length) => false;

    /// <inheritdoc/>
    public void CopyFrom(IStoreFile source, long sourceOffset, long offset, long length)
        => BufferedCopy.Run(source, sourceOffset, this, offset, length);

    /// <inheritdoc/>
    public void Advise(FileAdvice advice, long offset, long length)
    {
        lock (file.Gate)
        {
            ThrowIfDisposed();
        }
    }

    /// <inheritdoc/>
    public void SetAttributes(UnixFileMode? mode, DateTimeOffset? modifiedAt)
    {
        lock (file.Gate)
        {
            ThrowIfDisposed();
            file.Mode = mode ?? file.Mode;
            if (modifiedAt is { } time)
            {
                file.ModifiedNs = (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * TimeSpan.NanosecondsPerTick;
            }

            file.ChangedNs = medium.Tick();
        }
    }

    /// <inheritdoc/>
    public void TruncateForeign(long length)
        => throw new InvalidOperationException($"'{name}' belongs to the store: its files never shrink.");

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (file.Gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                file.Holds--;
                file.FreeIfUnused();
            }
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    private void ThrowUnlessWritable(string operation)
    {
        ThrowIfDisposed();
        if (!writable)
        {
            throw StorageError.FromErrno(operation, name, StorageError.Ebadf);
        }
    }
}
