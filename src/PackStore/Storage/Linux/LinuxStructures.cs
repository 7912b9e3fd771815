using System.Runtime.InteropServices;

namespace PackStore.Storage.Linux;

/// <summary><c>struct statx</c>: one layout on every architecture, unlike <c>struct stat</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(16)]
    public uint Links;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public ulong Length;

    /// <summary>In units of 512 bytes, whatever the file system's block.</summary>
    [FieldOffset(48)]
    public ulong Blocks;

    [FieldOffset(96)]
    public long ChangedSeconds;

    [FieldOffset(104)]
    public uint ChangedNanoseconds;

    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;

    public readonly bool IsRegular => (Mode & LinuxConstants.KindMask) == LinuxConstants.KindRegular;

    public readonly bool IsDirectory => (Mode & LinuxConstants.KindMask) == LinuxConstants.KindDirectory;

    public readonly long AllocatedBytes => (long)Blocks * 512;

    /// <summary>The same facts in the words of the seam.</summary>
    public readonly FileStamp ToStamp() => new(
        (long)Length,
        ((ulong)DeviceMajor << 32) | DeviceMinor,
        Inode,
        (ModifiedSeconds * 1_000_000_000) + ModifiedNanoseconds,
        (ChangedSeconds * 1_000_000_000) + ChangedNanoseconds,
        AllocatedBytes,
        (UnixFileMode)(Mode & LinuxConstants.PermissionMask))
    {
        Links = Links,
    };
}

/// <summary><c>struct statfs</c> of x64 and arm64.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileSystemStatus
{
    [FieldOffset(0)]
    public long Kind;

    [FieldOffset(8)]
    public long BlockBytes;

    /// <summary>Free for users without privileges, in fragments.</summary>
    [FieldOffset(32)]
    public ulong AvailableBlocks;

    [FieldOffset(72)]
    public long FragmentBytes;
}

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Start;
    public nuint Length;
}

/// <summary><c>struct timespec</c>, 64-bit.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary><c>struct file_clone_range</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CloneRange
{
    public long SourceDescriptor;
    public ulong SourceOffset;
    public ulong SourceLength;
    public ulong TargetOffset;
}
