using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PackStore.Storage.Foreign;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// A foreign directory by system calls relative to its own descriptor. A small file costs three calls: open, read,
/// close.
/// </summary>
internal sealed unsafe class LinuxForeignDirectory : IForeignDirectory
{
    private const int InsideFlags = OpenReadOnly | OpenCloseOnExec | OpenNonBlocking | OpenNoTerminal;

    private readonly SafeFileHandle _directory;

    // O_NOATIME until the kernel says that the files are somebody else's. A lost race costs one more refused call.
    private volatile int _noAccessTime;

    private LinuxForeignDirectory(SafeFileHandle directory, string fullPath, int noAccessTime)
    {
        _directory = directory;
        FullPath = fullPath;
        _noAccessTime = noAccessTime;
    }

    /// <inheritdoc/>
    public string FullPath { get; }

    /// <summary>See <see cref="ForeignDirectories.Open"/>.</summary>
    public static LinuxForeignDirectory Open(string path)
    {
        string fullPath = Path.GetFullPath(path);
        int flags = OpenReadOnly | OpenDirectory | OpenCloseOnExec;
        int accessTime = OpenNoAccessTime;
        int descriptor = FileStoreDirectory.OpenRetrying(
            CurrentDirectory, fullPath, flags | accessTime, 0, out int errno);
        if (errno == StorageError.Eperm)
        {
            accessTime = 0;
            descriptor = FileStoreDirectory.OpenRetrying(CurrentDirectory, fullPath, flags, 0, out errno);
        }

        return errno == 0
            ? new LinuxForeignDirectory(new SafeFileHandle(descriptor, ownsHandle: true), fullPath, accessTime)
            : throw StorageError.FromErrno("open", fullPath, errno);
    }

    /// <inheritdoc/>
    public ForeignStatus TryOpenDirectory(string name, out IForeignDirectory? directory)
    {
        directory = null;
        if (!ForeignNames.IsComponent(name))
        {
            return ForeignStatus.Absent;
        }

        int descriptor = OpenAt(name, OpenDirectory, out int errno);
        if (errno == 0)
        {
            directory = new LinuxForeignDirectory(
                new SafeFileHandle(descriptor, ownsHandle: true), Path.Join(FullPath, name), _noAccessTime);
        }

        return StatusOf(errno);
    }

    /// <inheritdoc/>
    public ForeignStatus Examine(string name, out ForeignFacts facts)
    {
        facts = default;
        if (!ForeignNames.IsComponent(name))
        {
            return ForeignStatus.Absent;
        }

        FileStatus status;
        int errno = Libc.Stat(_directory, name, StatLinkItself, BasicStatus, &status) == 0
            ? 0
            : Marshal.GetLastPInvokeError();
        if (errno == 0)
        {
            facts = new ForeignFacts(KindOf(status), (long)status.Length,
                (status.ModifiedSeconds * 1000) + (status.ModifiedNanoseconds / 1_000_000), status.Links);
        }

        return StatusOf(errno);
    }

    /// <inheritdoc/>
    public ForeignStatus Read(ReadOnlySpan<byte> name, Span<byte> destination, out int read)
    {
        read = 0;
        if (!ForeignNames.IsComponent(name))
        {
            return ForeignStatus.Absent;
        }

        Span<byte> terminated = stackalloc byte[ForeignNames.MaxBytes + 1];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        int descriptor = OpenAt(terminated, 0, out int errno);
        if (errno != 0)
        {
            return StatusOf(errno);
        }

        errno = PositionalIo.TryReadToEnd(descriptor, destination, out read);
        // Nothing was written: there is nothing that a close could fail to keep.
        _ = Libc.Close(descriptor);
        return StatusOf(errno);
    }

    /// <inheritdoc/>
    public ForeignStatus TryOpen(string name, out IStoreFile? file)
    {
        file = null;
        // Looked at first, because opening alone can do things to a device; and again, because it may be another now.
        ForeignStatus status = Examine(name, out ForeignFacts facts);
        if (status != ForeignStatus.Ok || facts.Kind != ForeignKind.File)
        {
            return status == ForeignStatus.Ok ? ForeignStatus.WrongKind : status;
        }

        int descriptor = OpenAt(name, 0, out int errno);
        if (errno != 0)
        {
            return StatusOf(errno);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        FileStatus opened;
        if (Libc.Stat(handle, string.Empty, EmptyPath, BasicStatus, &opened) != 0 || !opened.IsRegular)
        {
            handle.Dispose();
            return ForeignStatus.WrongKind;
        }

        file = new FileStoreFile(
            handle, Path.Join(FullPath, name), writable: false, isForeign: true, StorageFeatures.All);
        return ForeignStatus.Ok;
    }

    /// <inheritdoc/>
    public ForeignStatus List(ForeignVisitor visit)
    {
        // By a descriptor of its own: the position of a listing belongs to it.
        int descriptor = OpenAt(".", OpenDirectory, out int errno);
        return errno == 0
            ? StatusOf(DirectoryEntries.VisitAndClose(descriptor, (name, kind) => visit(name, KindOf(name, kind))))
            : StatusOf(errno);
    }

    /// <inheritdoc/>
    public ForeignStatus TryLock(string name, bool exclusive, out IDisposable? taken)
    {
        taken = null;
        ForeignStatus status = Examine(name, out ForeignFacts facts);
        if (status != ForeignStatus.Ok || facts.Kind != ForeignKind.File)
        {
            return status == ForeignStatus.Ok ? ForeignStatus.WrongKind : status;
        }

        int descriptor = OpenAt(name, 0, out int errno);
        if (errno != 0)
        {
            return StatusOf(errno);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        int operation = exclusive ? LockExclusiveNoWait : LockSharedNoWait;
        do
        {
            errno = Libc.Lock(handle, operation) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (errno == StorageError.Eintr);

        if (errno == 0)
        {
            taken = handle;
        }
        else
        {
            handle.Dispose();
        }

        return StatusOf(errno);
    }

    /// <inheritdoc/>
    public ForeignStatus Delete(string name) => Unlink(name, 0);

    /// <inheritdoc/>
    public ForeignStatus DeleteDirectory(string name) => Unlink(name, UnlinkDirectory);

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static ForeignKind KindOf(in FileStatus status) =>
        status.IsRegular ? ForeignKind.File : status.IsDirectory ? ForeignKind.Directory : ForeignKind.Other;

    private static ForeignStatus StatusOf(int errno) => errno switch
    {
        0 => ForeignStatus.Ok,
        StorageError.Enoent or StorageError.Enametoolong => ForeignStatus.Absent,
        StorageError.Eloop or StorageError.Enotdir or StorageError.Eisdir or StorageError.Enxio
            or StorageError.Espipe => ForeignStatus.WrongKind,
        StorageError.Eagain or StorageError.Enotempty or StorageError.Eexist => ForeignStatus.Busy,
        _ => ForeignStatus.Failed,
    };

    // Some file systems do not say in the listing what a name is.
    private ForeignKind KindOf(ReadOnlySpan<byte> name, byte listed) => listed switch
    {
        EntryRegular => ForeignKind.File,
        EntryDirectory => ForeignKind.Directory,
        EntryUnknown when Examine(Encoding.UTF8.GetString(name), out ForeignFacts facts) == ForeignStatus.Ok =>
            facts.Kind,
        _ => ForeignKind.Other,
    };

    private ForeignStatus Unlink(string name, int flags)
    {
        if (!ForeignNames.IsComponent(name))
        {
            return ForeignStatus.Absent;
        }

        return StatusOf(Libc.UnlinkAt(_directory, name, flags) == 0 ? 0 : Marshal.GetLastPInvokeError());
    }

    private int OpenAt(string name, int flags, out int errno)
    {
        Span<byte> terminated = stackalloc byte[(ForeignNames.MaxBytes * 3) + 1];
        int length = Encoding.UTF8.GetBytes(name, terminated);
        terminated[length] = 0;
        return OpenAt(terminated, flags, out errno);
    }

    private int OpenAt(ReadOnlySpan<byte> terminated, int flags, out int errno)
    {
        fixed (byte* path = terminated)
        {
            while (true)
            {
                int accessTime = _noAccessTime;
                int descriptor = Libc.OpenAt(_directory, path, InsideFlags | OpenNoFollow | flags | accessTime, 0);
                errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno == StorageError.Eperm && accessTime != 0)
                {
                    _noAccessTime = 0;
                }
                else if (errno != StorageError.Eintr)
                {
                    return descriptor;
                }
            }
        }
    }
}
