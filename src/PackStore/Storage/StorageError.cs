using System.Runtime.InteropServices;

namespace PackStore.Storage;

/// <summary>
/// Turns a failed system call into an <see cref="IOException"/> that names the operation and the file and carries the
/// errno in <c>HResult</c>, as the runtime does on Unix, and tells the kinds of failure apart that the engine answers
/// differently.
/// </summary>
/// <remarks>The numbers are those of Linux; the classifiers also know what Windows and macOS say, because the portable
/// files let the runtime throw.</remarks>
internal static class StorageError
{
    /// <summary>Operation not permitted.</summary>
    public const int Eperm = 1;

    /// <summary>No such file or directory.</summary>
    public const int Enoent = 2;

    /// <summary>Interrupted by a signal.</summary>
    public const int Eintr = 4;

    /// <summary>The device failed.</summary>
    public const int Eio = 5;

    /// <summary>Not an open descriptor, or not open for this.</summary>
    public const int Ebadf = 9;

    /// <summary>A lock is held by somebody else (EWOULDBLOCK).</summary>
    public const int Eagain = 11;

    /// <summary>No such device, or a pipe that nobody reads.</summary>
    public const int Enxio = 6;

    /// <summary>Permission denied.</summary>
    public const int Eacces = 13;

    /// <summary>The name exists.</summary>
    public const int Eexist = 17;

    /// <summary>The other name is on another file system.</summary>
    public const int Exdev = 18;

    /// <summary>The file system cannot do this (no map, for instance).</summary>
    public const int Enodev = 19;

    /// <summary>A component is not a directory.</summary>
    public const int Enotdir = 20;

    /// <summary>It is a directory.</summary>
    public const int Eisdir = 21;

    /// <summary>An argument that the system refuses.</summary>
    public const int Einval = 22;

    /// <summary>The file cannot answer this request.</summary>
    public const int Enotty = 25;

    /// <summary>The file would be longer than this process (RLIMIT_FSIZE) or the file system allows.</summary>
    public const int Efbig = 27;

    /// <summary>No space left on the device.</summary>
    public const int Enospc = 28;

    /// <summary>A pipe or socket has no positions.</summary>
    public const int Espipe = 29;

    /// <summary>Read-only file system.</summary>
    public const int Erofs = 30;

    /// <summary>The file has as many links as it can.</summary>
    public const int Emlink = 31;

    /// <summary>A name is longer than the file system allows.</summary>
    public const int Enametoolong = 36;

    /// <summary>The directory is not empty.</summary>
    public const int Enotempty = 39;

    /// <summary>The system has no such call.</summary>
    public const int Enosys = 38;

    /// <summary>A link stands where none is followed.</summary>
    public const int Eloop = 40;

    /// <summary>The file system has no such operation.</summary>
    public const int Eopnotsupp = 95;

    /// <summary>The user's quota is used up.</summary>
    public const int Edquot = 122;

    private const int WindowsAccessDenied = unchecked((int)0x80070005);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsCrc = unchecked((int)0x80070017);
    private const int WindowsDeviceError = unchecked((int)0x8007045D);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int MacWouldBlock = 35;
    private const int MacQuota = 69;

    /// <summary>The exception for a call that set <paramref name="errno"/>; a <see cref="StoreFullException"/> if a
    /// file of the store, whose name is then relative, found no room.</summary>
    public static IOException FromErrno(string operation, string name, int errno)
        => errno is Enospc or Edquot or Efbig && !Path.IsPathRooted(name)
            ? new StoreFullException(name, Describe(operation, name, errno), errno)
            : new IOException(Describe(operation, name, errno), errno);

    /// <summary>The exception for a sync that set <paramref name="errno"/>. Whatever it was, it is no refusal: what was
    /// written before may be lost.</summary>
    public static IOException FromSync(string operation, string name, int errno)
        => new(Describe(operation, name, errno), errno);

    /// <summary>The exception for the call just made on this thread.</summary>
    public static IOException FromLast(string operation, string name)
        => FromErrno(operation, name, Marshal.GetLastPInvokeError());

    /// <summary>The exception for a file that ends before what was asked of it.</summary>
    public static EndOfStreamException TooShort(string operation, string name, long wanted, long length)
        => new($"{operation} '{name}': the file has {length} bytes where {wanted} are needed.");

    /// <summary>The exception for a name that stands for something else than a regular file or a directory, or for a
    /// link.</summary>
    public static IOException WrongKind(string operation, string name, string expected)
        => new($"{operation} '{name}': it is not {expected}.", Einval);

    /// <summary>Gives a permission failure of the runtime the form that the seam promises.</summary>
    public static IOException FromUnauthorized(string operation, string name, UnauthorizedAccessException cause)
        => new($"{operation} '{name}': {cause.Message}", cause) { HResult = Eacces };

    /// <summary>The disk, the quota or the limit on a file's length is reached.</summary>
    public static bool IsNoSpace(IOException error)
        => error.HResult is Enospc or Edquot or Efbig or WindowsDiskFull or WindowsHandleDiskFull
            || (OperatingSystem.IsMacOS() && error.HResult == MacQuota);

    /// <summary>This process may not write there.</summary>
    public static bool IsReadOnly(IOException error)
        => error.HResult is Erofs or Eacces or Eperm or WindowsAccessDenied or WindowsWriteProtected;

    /// <summary>The medium has lost what was to be read: it will not come back by asking again later.</summary>
    public static bool IsMedium(IOException error)
        => error.HResult is Eio or WindowsCrc or WindowsDeviceError;

    /// <summary>The name stands for something that is no file of a store.</summary>
    public static bool IsWrongKind(IOException error)
        => error.HResult is Einval or Eisdir or Enotdir or Eloop;

    /// <summary>Somebody else holds the lock.</summary>
    public static bool IsLocked(IOException error)
        => error.HResult is Eagain or WindowsSharingViolation
            || (OperatingSystem.IsMacOS() && error.HResult == MacWouldBlock);

    private static string Describe(string operation, string name, int errno)
        => $"{operation} '{name}': {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).";
}
