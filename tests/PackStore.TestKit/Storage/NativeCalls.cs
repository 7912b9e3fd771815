using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PackStore.Storage;
using PackStore.Storage.Linux;

namespace PackStore.TestKit;

/// <summary>The few calls of the doubles that the store itself does not make. Linux only.</summary>
internal static unsafe partial class NativeCalls
{
    private const int MayMove = 1;

    /// <summary>A page's bytes.</summary>
    public static long PageBytes => Environment.SystemPageSize;

    /// <summary>Rounds up to whole pages.</summary>
    public static long WholePages(long bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;

    /// <summary>Anonymous memory; shared memory can be mapped a second time by <see cref="MapAgain"/>.</summary>
    public static byte* MapFresh(long bytes, int protection, bool isShared)
    {
        int kind = isShared ? LinuxConstants.MapShared : LinuxConstants.MapPrivate;
        int flags = kind | LinuxConstants.MapAnonymous | LinuxConstants.MapNoReserve;
        nint start = Libc.MapAnonymous(0, (nuint)bytes, protection, flags, -1, 0);
        return start == -1 ? throw StorageError.FromLast("map", "anonymous memory") : (byte*)start;
    }

    /// <summary>The same shared pages at another address: a remap of length zero copies the mapping and not the
    /// memory.</summary>
    public static byte* MapAgain(byte* start, long bytes)
    {
        nint copy = Remap((nint)start, 0, (nuint)bytes, MayMove);
        return copy == -1 ? throw StorageError.FromLast("map again", "shared memory") : (byte*)copy;
    }

    /// <summary>Sets the access of whole pages.</summary>
    public static void Protect(byte* start, long bytes, int protection)
    {
        if (bytes > 0 && Libc.Protect((nint)start, (nuint)bytes, protection) != 0)
        {
            throw StorageError.FromLast("protect", "memory");
        }
    }

    /// <summary>Gives memory back to the system.</summary>
    public static void Unmap(byte* start, long bytes)
    {
        if (bytes > 0 && Libc.Unmap((nint)start, (nuint)bytes) != 0)
        {
            throw StorageError.FromLast("unmap", "memory");
        }
    }

    /// <summary>Puts memory without access at exactly these addresses, in place of what is there.</summary>
    public static void Seal(byte* start, long bytes)
    {
        const int Flags = LinuxConstants.MapPrivate | LinuxConstants.MapAnonymous | LinuxConstants.MapNoReserve
            | LinuxConstants.MapFixed;
        if (bytes > 0 && Libc.MapAnonymous((nint)start, (nuint)bytes, LinuxConstants.ProtectNone, Flags, -1, 0) == -1)
        {
            throw StorageError.FromLast("seal", "memory");
        }
    }

    /// <summary>Whether the page at an address can be read, without reading it.</summary>
    public static bool IsReadable(byte* address)
    {
        nint page = (nint)address & ~((nint)PageBytes - 1);
        return Libc.Advise(page, (nuint)PageBytes, LinuxConstants.AdvisePopulateRead) == 0;
    }

    /// <summary>The address of a region's first byte.</summary>
    public static byte* StartOf(MappedRegion region)
        => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(region.Span(0, 0)));

    /// <summary>The kernel's number of the calling thread.</summary>
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadNumber();

    /// <summary>Asks a process to end.</summary>
    public static void Terminate(int process)
    {
        if (Signal(process, 15) != 0)
        {
            throw StorageError.FromLast("end", "a process");
        }
    }

    /// <summary>Another descriptor of the same open file.</summary>
    public static SafeFileHandle Duplicate(int descriptor)
    {
        int copy = CopyDescriptor(descriptor);
        return copy >= 0
            ? new SafeFileHandle(copy, ownsHandle: true)
            : throw StorageError.FromLast("copy", "a descriptor");
    }

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int CopyDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "mremap", SetLastError = true)]
    private static partial nint Remap(nint oldStart, nuint oldBytes, nuint newBytes, int flags);
}
