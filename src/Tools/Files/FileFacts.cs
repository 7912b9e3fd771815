using System.Runtime.InteropServices;

namespace PackStore.Tools.Files;

/// <summary>What the file system knows of a path itself, links not followed. Two equal values mean: most likely
/// untouched between.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Length in bytes of a regular file.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Device">Which file system; 0 where unknown.</param>
/// <param name="Inode">Which file on it; 0 where unknown.</param>
/// <param name="ModifiedNanoseconds">When its bytes changed last, since 1970.</param>
/// <param name="ChangedNanoseconds">When anything of it changed last; 0 where unknown.</param>
internal readonly partial record struct FileFacts(
    FileKind Kind, long Length, UnixFileMode Mode, ulong Device, ulong Inode, long ModifiedNanoseconds,
        long ChangedNanoseconds)
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int NoEntry = 2;
    private const int NotDirectory = 20;
    private const int NoPermission = 13;

    /// <summary>Looks at a path; <see langword="null"/> if nothing stands there.</summary>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    /// <exception cref="IOException">Any other failure.</exception>
    public static FileFacts? TryRead(string path) =>
        OperatingSystem.IsLinux() ? TryReadLinux(path) : TryReadPortable(path);

    /// <summary>Whether both are the same file of the same file system. False where that cannot be told.</summary>
    public bool IsSameFile(FileFacts other) => Inode != 0 && Inode == other.Inode && Device == other.Device;

    private static FileFacts? TryReadLinux(string path)
    {
        if (StatX(AtFdCwd, path, AtSymlinkNoFollow, BasicStats, out StatXBuffer s) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno switch
            {
                NoEntry or NotDirectory => null,
                NoPermission => throw new UnauthorizedAccessException($"{path}: permission denied."),
                _ => throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(errno)}.", errno),
            };
        }

        FileKind kind = (s.Mode & 0xF000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xA000 => FileKind.Link,
            0x1000 => FileKind.Pipe,
            0xC000 => FileKind.Socket,
            0x2000 or 0x6000 => FileKind.Device,
            _ => FileKind.Other,
        };
        return new FileFacts(
            kind,
            (long)s.Size,
            (UnixFileMode)(s.Mode & 0xFFF),
            ((ulong)s.DeviceMajor << 32) | s.DeviceMinor,
            s.Inode,
            (s.ModifiedSeconds * 1_000_000_000) + s.ModifiedNanoseconds,
            (s.ChangedSeconds * 1_000_000_000) + s.ChangedNanoseconds);
    }

    // The framework tells links and directories from the rest here, and nothing more.
    private static FileFacts? TryReadPortable(string path)
    {
        FileInfo file = new(path);
        FileAttributes attributes = file.Attributes;
        if ((int)attributes == -1)
        {
            return null;
        }

        FileKind kind = attributes.HasFlag(FileAttributes.ReparsePoint) ? FileKind.Link
            : attributes.HasFlag(FileAttributes.Directory) ? FileKind.Directory
            : attributes.HasFlag(FileAttributes.Device) ? FileKind.Device
            : FileKind.Regular;
        UnixFileMode mode = OperatingSystem.IsWindows() ? default : file.UnixFileMode;
        long modified = (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return new FileFacts(kind, kind == FileKind.Regular ? file.Length : 0, mode, 0, 0, modified, 0);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatXBuffer buffer);

    // The kernel's struct statx; the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatXBuffer
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
