using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// A regular file behind a descriptor. Every result of the kernel is looked at, above all that of <c>fdatasync</c>,
/// whose failures the runtime's own flush hides.
/// </summary>
internal sealed unsafe class FileStoreFile : IStoreFile
{
    private readonly SharedHandle _shared;
    private readonly StorageFeatures _features;
    private readonly bool _writable;
    private readonly bool _isForeign;

    // Taken by growth: two of them would otherwise judge by each other's half-made lengths.
    private readonly Lock _growth = new();
    private int _isDisposed;

    /// <summary>Takes the descriptor over.</summary>
    public FileStoreFile(SafeFileHandle handle, string name, bool writable, bool isForeign, StorageFeatures features)
    {
        _shared = new SharedHandle(handle);
        Name = name;
        _writable = writable;
        _isForeign = isForeign;
        _features = features;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The descriptor, for operations between two files; refuses after <see cref="Dispose"/>.</summary>
    public SafeFileHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            return _shared.Handle;
        }
    }

    /// <inheritdoc/>
    public FileStamp Stat() => StatusOf(Handle, Name).ToStamp();

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int errno = PositionalIo.TryRead(Handle, offset, destination, out int read);
        return errno == 0 ? read : throw StorageError.FromErrno("read", Name, errno);
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ThrowOn(PositionalIo.TryWrite(Handle, offset, source), "write");
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ThrowOn(PositionalIo.TryWrite(Handle, offset, pieces), "write");
    }

    /// <inheritdoc/>
    public void Reserve(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        SafeFileHandle handle = Handle;
        lock (_growth)
        {
            long present = (long)StatusOf(handle, Name).Length;
            if (length > present)
            {
                ThrowOn(SpaceReservation.TryGrow(handle, present, length, _features), "reserve space for");
            }
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        SafeFileHandle handle = Handle;
        while (Libc.SyncData(handle) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != StorageError.Eintr)
            {
                throw StorageError.FromSync("sync", Name, errno);
            }
        }
    }

    /// <inheritdoc/>
    public MappedRegion Map(long capacity)
    {
        _ = Handle;
        return FileMappedRegion.Map(_shared, Name, capacity, _features);
    }

    /// <inheritdoc/>
    public SharedPage MapPage()
        => FileSharedPage.Map(_shared, Name, (long)StatusOf(Handle, Name).Length, _writable, _features);

    /// <inheritdoc/>
    public void MapIntoTable(TableMemory table, long tableOffset, long fileOffset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tableOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(fileOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        long fileLength = (long)StatusOf(Handle, Name).Length;
        if (fileOffset > fileLength || length > fileLength - fileOffset)
        {
            // Mapped, the missing part would end the process when touched.
            throw StorageError.TooShort("map into a table", Name, fileOffset + length, fileLength);
        }

        table.Commit(checked(tableOffset + length));
        long mask = Environment.SystemPageSize - 1;
        bool isWholePages = ((tableOffset | fileOffset | length) & mask) == 0;
        bool isMapped = length > 0 && _features.MapIntoTable && isWholePages
            && TryMapFixed(table, tableOffset, fileOffset, length);
        if (!isMapped)
        {
            TableReader.Fill(this, table, tableOffset, fileOffset, length);
        }
    }

    /// <inheritdoc/>
    public bool TryCloneFrom(IStoreFile source, long sourceOffset, long offset, long length)
        => _features.CopyInKernel && source is FileStoreFile file
            && KernelCopy.TryClone(file, sourceOffset, this, offset, length);

    /// <inheritdoc/>
    public void CopyFrom(IStoreFile source, long sourceOffset, long offset, long length)
    {
        long copied = _features.CopyInKernel && source is FileStoreFile file
            ? KernelCopy.CopySome(file, sourceOffset, this, offset, length)
            : 0;
        BufferedCopy.Run(source, sourceOffset + copied, this, offset + copied, length - copied);
    }

    /// <inheritdoc/>
    public void Advise(FileAdvice advice, long offset, long length)
    {
        if (offset < 0 || length <= 0)
        {
            return;
        }

        // The result is an errno of "this file takes no advice", which is what a hint may say.
        _ = Libc.AdviseFile(Handle, offset, length, advice switch
        {
            FileAdvice.ReadOnce => FileAdviceNoReuse,
            FileAdvice.NeededSoon => FileAdviceWillNeed,
            _ => FileAdviceDontNeed,
        });
    }

    /// <inheritdoc/>
    public void SetAttributes(UnixFileMode? mode, DateTimeOffset? modifiedAt)
    {
        SafeFileHandle handle = Handle;
        if (mode is { } bits && Libc.ChangeMode(handle, (uint)bits & PermissionMask) != 0)
        {
            throw StorageError.FromLast("set the mode of", Name);
        }

        if (modifiedAt is { } time)
        {
            long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
            long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
            if (rest < 0)
            {
                seconds--;
                rest += TimeSpan.TicksPerSecond;
            }

            TimeSpec* times = stackalloc TimeSpec[2];
            times[0] = new TimeSpec { Nanoseconds = TimeOmit };
            times[1] = new TimeSpec { Seconds = seconds, Nanoseconds = rest * TimeSpan.NanosecondsPerTick };
            if (Libc.SetTimes(handle, times) != 0)
            {
                throw StorageError.FromLast("set the time of", Name);
            }
        }
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
        while (Libc.Truncate(handle, length) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != StorageError.Eintr)
            {
                throw StorageError.FromErrno("cut", Name, errno);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _shared.Release();
        }
    }

    /// <summary>What the system knows of an open file.</summary>
    public static FileStatus StatusOf(SafeFileHandle handle, string name)
    {
        FileStatus status;
        if (Libc.Stat(handle, string.Empty, EmptyPath, BasicStatus, &status) != 0)
        {
            throw StorageError.FromLast("examine", name);
        }

        return status;
    }

    private bool TryMapFixed(TableMemory table, long tableOffset, long fileOffset, long length)
    {
        nint address = (nint)(table.Start + tableOffset);
        nint mapped = Libc.Map(
            address, (nuint)length, ProtectReadWrite, MapPrivate | MapFixed | MapNoReserve, Handle, fileOffset);
        if (mapped == address)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == StorageError.Enodev ? false : throw StorageError.FromErrno("map into a table", Name, errno);
    }

    private void ThrowOn(int errno, string operation)
    {
        if (errno != 0)
        {
            throw StorageError.FromErrno(operation, Name, errno);
        }
    }
}
