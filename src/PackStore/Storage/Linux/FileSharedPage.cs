using System.Runtime.InteropServices;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// One page of a file, mapped shared and read through the map. Stored through the map only where the file system is
/// known not to allocate for a store into a written block.
/// </summary>
/// <remarks>
/// On a copy-on-write file system a store needs a new block at writeback, and the fault that finds none kills the
/// process; there each word goes out by a write of eight aligned bytes, which the kernel copies whole in practice but
/// does not promise to, so readers check what they read as they do after a crash. Nobody uses the page after
/// <see cref="Dispose"/>.
/// </remarks>
internal sealed unsafe class FileSharedPage : SharedPage
{
    // Held only for words that go out by writes.
    private readonly SharedHandle? _file;
    private readonly string _name;
    private readonly bool _writable;
    private ulong* _words;

    private FileSharedPage(ulong* words, bool writable, SharedHandle? file, string name)
    {
        _words = words;
        _writable = writable;
        _file = file;
        _name = name;
    }

    /// <summary>Maps the first page of a file of at least <see cref="SharedPage.Bytes"/> written bytes.</summary>
    public static FileSharedPage Map(
        SharedHandle file, string name, long length, bool writable, StorageFeatures features)
    {
        if (length < Bytes)
        {
            throw StorageError.TooShort("map a page of", name, Bytes, length);
        }

        bool stores = writable && features.StoreThroughSharedMap && NeverAllocatesOnStore(file, name);
        int protection = stores ? ProtectReadWrite : ProtectRead;
        nint start = Libc.Map(0, Bytes, protection, MapShared, file.Handle, 0);
        if (start == -1)
        {
            throw StorageError.FromLast("map a page of", name);
        }

        return new FileSharedPage((ulong*)start, writable, writable && !stores ? file.Share() : null, name);
    }

    /// <inheritdoc/>
    public override ulong Read(int index) => Volatile.Read(ref *Word(index));

    /// <inheritdoc/>
    public override void Write(int index, ulong value)
    {
        ulong* word = Word(index);
        if (!_writable)
        {
            throw new InvalidOperationException($"'{_name}' was opened for reading.");
        }

        if (_file is null)
        {
            Volatile.Write(ref *word, value);
            return;
        }

        // Program order before the write: the kernel's copy is the release.
        Interlocked.MemoryBarrier();
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value));
        int errno = PositionalIo.TryWrite(_file.Handle, (long)index * sizeof(ulong), bytes);
        if (errno != 0)
        {
            throw StorageError.FromErrno("write", _name, errno);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        ulong* words = _words;
        _words = null;
        if (words != null)
        {
            _file?.Release();
            if (Libc.Unmap((nint)words, Bytes) != 0)
            {
                throw StorageError.FromLast("unmap a page of", _name);
            }
        }
    }

    private static bool NeverAllocatesOnStore(SharedHandle file, string name)
    {
        FileSystemStatus status;
        if (Libc.StatFileSystem(file.Handle, &status) != 0)
        {
            throw StorageError.FromLast("examine the file system of", name);
        }

        return status.Kind is FileSystemExt or FileSystemXfs or FileSystemTmpfs;
    }

    private ulong* Word(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)WordCount, nameof(index));
        ulong* words = _words;
        ObjectDisposedException.ThrowIf(words == null, this);
        return words + index;
    }
}
