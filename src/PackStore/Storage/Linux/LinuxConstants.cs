using System.Runtime.InteropServices;

namespace PackStore.Storage.Linux;

/// <summary>
/// Numbers of the kernel's interface. The same on x64 and arm64 except the two open flags that say so.
/// </summary>
internal static class LinuxConstants
{
    /// <summary>The calling process's current directory, where a call wants a descriptor.</summary>
    public const int CurrentDirectory = -100;

    /// <summary>AT_EMPTY_PATH: the descriptor itself.</summary>
    public const int EmptyPath = 0x1000;

    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    public const int StatLinkItself = 0x100;

    /// <summary>AT_SYMLINK_FOLLOW, for linkat.</summary>
    public const int LinkTarget = 0x400;

    /// <summary>STATX_BASIC_STATS.</summary>
    public const uint BasicStatus = 0x7FF;

    public const int OpenReadOnly = 0;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;
    public const int OpenNoTerminal = 0x100;

    /// <summary>O_NONBLOCK: opening a pipe that somebody put there does not wait; without meaning for regular
    /// files.</summary>
    public const int OpenNonBlocking = 0x800;

    public const int OpenCloseOnExec = 0x80000;

    /// <summary>O_NOATIME: refused to all but the owner.</summary>
    public const int OpenNoAccessTime = 0x40000;

    /// <summary>AT_REMOVEDIR.</summary>
    public const int UnlinkDirectory = 0x200;

    /// <summary>DT_UNKNOWN, DT_DIR, DT_REG.</summary>
    public const byte EntryUnknown = 0;
    public const byte EntryDirectory = 4;
    public const byte EntryRegular = 8;

    public const uint KindMask = 0xF000;
    public const uint KindDirectory = 0x4000;
    public const uint KindRegular = 0x8000;
    public const uint PermissionMask = 0xFFF;

    /// <summary>FALLOC_FL_KEEP_SIZE.</summary>
    public const int AllocateKeepLength = 1;

    /// <summary>POSIX_FADV_WILLNEED.</summary>
    public const int FileAdviceWillNeed = 3;

    /// <summary>POSIX_FADV_DONTNEED.</summary>
    public const int FileAdviceDontNeed = 4;

    /// <summary>POSIX_FADV_NOREUSE: does nothing before Linux 6.3.</summary>
    public const int FileAdviceNoReuse = 5;

    /// <summary>RENAME_NOREPLACE.</summary>
    public const uint RenameNoReplace = 1;

    /// <summary>LOCK_EX | LOCK_NB.</summary>
    public const int LockExclusiveNoWait = 2 | 4;

    /// <summary>LOCK_SH | LOCK_NB.</summary>
    public const int LockSharedNoWait = 1 | 4;

    /// <summary>LOCK_UN.</summary>
    public const int LockRelease = 8;

    /// <summary>FICLONERANGE.</summary>
    public const uint CloneRangeRequest = 0x4020940D;

    /// <summary>UTIME_OMIT: leaves a time alone.</summary>
    public const long TimeOmit = 0x3FFFFFFE;

    public const int ProtectNone = 0;
    public const int ProtectRead = 1;
    public const int ProtectReadWrite = 3;

    public const int MapShared = 1;
    public const int MapPrivate = 2;
    public const int MapFixed = 0x10;
    public const int MapAnonymous = 0x20;
    public const int MapNoReserve = 0x4000;

    /// <summary>MADV_HUGEPAGE.</summary>
    public const int AdviseHugePages = 14;

    /// <summary>MADV_POPULATE_READ.</summary>
    public const int AdvisePopulateRead = 22;

    public const long FileSystemExt = 0xEF53;
    public const long FileSystemXfs = 0x58465342;
    public const long FileSystemTmpfs = 0x01021994;

    /// <summary>O_DIRECTORY.</summary>
    public static readonly int OpenDirectory =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW.</summary>
    public static readonly int OpenNoFollow =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
}
