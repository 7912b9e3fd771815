using Microsoft.Win32.SafeHandles;

namespace PackStore.Storage.Portable;

/// <summary>
/// A regular file by the runtime's own calls alone, for systems whose calls the store does not make itself. Weaker than
/// <c>FileStoreFile</c> where the runtime is: see <see cref="Sync"/> and <see cref="Map"/>.
/// </summary>
internal sealed class PortableStoreFile : IStoreFile
{
    private static readonly byte[] s_zeros = new byte[256 * 1024];

    private readonly SharedHandle _shared;
    private readonly bool _writable;
    private readonly bool _isForeign;

    // Taken by growth: two of them would otherwise judge by each other's half-made lengths.
    private readonly Lock _growth = new();
    private int _isDisposed;

    /// <summary>Takes the handle over.</summary>
    public PortableStoreFile(SafeFileHandle handle, string name, bool writable, bool isForeign)
    {
        _shared = new SharedHandle(handle);
        Name = name;
        _writable = writable;
        _isForeign = isForeign;
    }

    /// <inheritdoc/>
    public string Name { get; }

    private SafeFileHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            return _shared.Handle;
        }
    }

    /// <summary>As <see cref="IStoreFile.Stat"/>, without what the runtime does not tell: device, inode and blocks. The
    /// change time is the modification time.</summary>
    public FileStamp Stat()
    {
        SafeFileHandle handle = Handle;
        return PortableCalls.Run("examine", Name, () =>
        {
            long length = RandomAccess.GetLength(handle);
            long modified = (File.GetLastWriteTimeUtc(handle) - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            UnixFileMode mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(handle);
            return new FileStamp(length, 0, 0, modified, modified, PortableCalls.AllocationOf(length), mode);
        });
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination)
    {
        int read = 0;
        while (read < destination.Length)
        {
            int got = RandomAccess.Read(Handle, destination[read..], offset + read);
            if (got == 0)
            {
                break;
            }

            read += got;
        }

        return read;
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(Handle, source, offset);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw StorageError.FromUnauthorized("write", Name, cause);
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        SafeFileHandle handle = Handle;
        ReadOnlyMemory<byte>[] list = pieces.ToArray();
        PortableCalls.Run("write", Name, () => RandomAccess.Write(handle, list, offset));
    }

    /// <inheritdoc/>
    public void Reserve(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        SafeFileHandle handle = Handle;
        lock (_growth)
        {
            long present = RandomAccess.GetLength(handle);
            try
            {
                for (long offset = present; offset < length;)
                {
                    int count = (int)Math.Min(length - offset, s_zeros.Length);
                    Write(offset, s_zeros.AsSpan(0, count));
                    offset += count;
                }
            }
            catch (IOException)
            {
                // Nobody has used what was added: the length was not announced to anyone.
                RandomAccess.SetLength(handle, present);
                throw;
            }
        }
    }

    /// <summary>As <see cref="IStoreFile.Sync"/>, with the runtime's own flush: on Windows it reports failures, on Unix
    /// runtime 10.0.12 returns normally whatever <c>fsync</c> said. No other portable call exists.</summary>
    public void Sync()
    {
        SafeFileHandle handle = Handle;
#pragma warning disable RS0030 // Banned because it hides errors on Unix; see the summary.
        PortableCalls.Run("sync", Name, () => RandomAccess.FlushToDisk(handle));
#pragma warning restore RS0030
    }

    /// <summary>As <see cref="IStoreFile.Map"/>, but never beyond the present end: the runtime cannot. The region's
    /// capacity says how far it reaches; a file that grows is mapped again.</summary>
    public MappedRegion Map(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        return PortableMap.MapRegion(_shared, Name, Math.Min(capacity, RandomAccess.GetLength(Handle)));
    }

    /// <inheritdoc/>
    public SharedPage MapPage()
    {
        long length = RandomAccess.GetLength(Handle);
        return length >= SharedPage.Bytes
            ? new PortableSharedPage(_shared, Name, _writable)
            : throw StorageError.TooShort("map a page of", Name, SharedPage.Bytes, length);
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

    /// <summary>The runtime has no call for it.</summary>
    public void Advise(FileAdvice advice, long offset, long length) => _ = Handle;

    /// <inheritdoc/>
    public void SetAttributes(UnixFileMode? mode, DateTimeOffset? modifiedAt)
    {
        SafeFileHandle handle = Handle;
        PortableCalls.Run("set the attributes of", Name, () =>
        {
            if (mode is { } bits && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(handle, bits);
            }

            if (modifiedAt is { } time)
            {
                File.SetLastWriteTimeUtc(handle, time.UtcDateTime);
            }
        });
    }

    /// <inheritdoc/>
    public void TruncateForeign(long length)
    {
        if (!_isForeign)
        {
            throw new InvalidOperationException($"'{Name}' belongs to the store: its files never shrink.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(length);
        SafeFileHandle handle = Handle;
        PortableCalls.Run("cut", Name, () => RandomAccess.SetLength(handle, length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _shared.Release();
        }
    }
}
