using System.Runtime.InteropServices;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>Reads the entries of an open directory, each examined as itself and not as what it may link to.</summary>
internal static unsafe class DirectoryEntries
{
    // struct dirent of x64 and arm64: inode 8, offset 8, record length 2, kind 1, then the name with a zero at its end.
    private const int KindOffset = 18;
    private const int NameOffset = 19;

    /// <summary>Told of a name and of what the directory itself says it is (DT_*).</summary>
    public delegate void Visitor(ReadOnlySpan<byte> name, byte kind);

    /// <summary>Calls back for each entry, unexamined, and closes the directory. Returns the errno or 0.</summary>
    public static int VisitAndClose(int directory, Visitor visit)
    {
        nint stream = Libc.OpenEntries(directory);
        if (stream == 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            _ = Libc.Close(directory);
            return errno;
        }

        try
        {
            for (byte* entry = Libc.ReadEntry(stream); entry != null; entry = Libc.ReadEntry(stream))
            {
                ReadOnlySpan<byte> leaf = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                if (!leaf.SequenceEqual("."u8) && !leaf.SequenceEqual(".."u8))
                {
                    visit(leaf, entry[KindOffset]);
                }
            }

            return Marshal.GetLastPInvokeError();
        }
        finally
        {
            _ = Libc.CloseEntries(stream);
        }
    }

    /// <summary>Reads all entries and closes the directory.</summary>
    public static List<StoreEntry> ReadAndClose(int directory, string name)
    {
        nint stream = Libc.OpenEntries(directory);
        if (stream == 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            _ = Libc.Close(directory);
            throw StorageError.FromErrno("list", name, errno);
        }

        try
        {
            List<StoreEntry> entries = [];
            for (byte* entry = Libc.ReadEntry(stream); entry != null; entry = Libc.ReadEntry(stream))
            {
                string leaf = Marshal.PtrToStringUTF8((nint)(entry + NameOffset))!;
                if (leaf is not ("." or "..") && TryDescribe(directory, leaf, name) is { } found)
                {
                    entries.Add(found);
                }
            }

            int errno = Marshal.GetLastPInvokeError();
            return errno == 0 ? entries : throw StorageError.FromErrno("list", name, errno);
        }
        finally
        {
            _ = Libc.CloseEntries(stream);
        }
    }

    // Null for what vanished since it was read, and for names that are no text: they cannot be asked for again.
    private static StoreEntry? TryDescribe(int directory, string leaf, string name)
    {
        FileStatus status;
        if (Libc.StatAt(directory, leaf, StatLinkItself, BasicStatus, &status) == 0)
        {
            return new StoreEntry(
                leaf, status.IsDirectory, status.IsRegular, (long)status.Length, status.AllocatedBytes);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == StorageError.Enoent ? null : throw StorageError.FromErrno("examine", $"{name}/{leaf}", errno);
    }
}
