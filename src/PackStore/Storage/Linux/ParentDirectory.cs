using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using static PackStore.Storage.Linux.LinuxConstants;

namespace PackStore.Storage.Linux;

/// <summary>
/// The open directory that a name's last component stands in, reached from the store's own descriptor one component at
/// a time so that no link inside the store is followed, whoever puts one there meanwhile.
/// </summary>
/// <remarks>Lives within one call: it holds a reference on the root's descriptor, or a descriptor of its own.</remarks>
internal readonly ref struct ParentDirectory : IDisposable
{
    private readonly SafeFileHandle _root;

    private ParentDirectory(SafeFileHandle root, int descriptor, string leaf, int errno)
    {
        _root = root;
        Descriptor = descriptor;
        Leaf = leaf;
        Errno = errno;
    }

    /// <summary>The directory; -1 if it could not be opened.</summary>
    public int Descriptor { get; }

    /// <summary>The last component, to be used relative to <see cref="Descriptor"/>.</summary>
    public string Leaf { get; }

    /// <summary>Why <see cref="Descriptor"/> is -1.</summary>
    public int Errno { get; }

    /// <summary>Opens the parent of <paramref name="name"/>; look at <see cref="Errno"/>.</summary>
    public static ParentDirectory TryOpen(SafeFileHandle root, string name)
    {
        Debug.Assert(name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal), "Not a name of the store.");
        bool held = false;
        root.DangerousAddRef(ref held);
        int current = (int)root.DangerousGetHandle();
        int start = 0;
        for (int slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', start))
        {
            int next = OpenComponent(current, name[start..slash], out int errno);
            CloseUnlessRoot(root, current);
            if (next < 0)
            {
                root.DangerousRelease();
                return new ParentDirectory(root, -1, name, errno);
            }

            current = next;
            start = slash + 1;
        }

        return new ParentDirectory(root, current, start == 0 ? name : name[start..], 0);
    }

    /// <summary>Opens the parent of <paramref name="name"/> or throws.</summary>
    public static ParentDirectory Open(SafeFileHandle root, string name, string operation)
    {
        ParentDirectory parent = TryOpen(root, name);
        return parent.Errno == 0 ? parent : throw StorageError.FromErrno(operation, name, parent.Errno);
    }

    /// <summary>Opens a directory inside another; -1 and the errno where it is none, or a link.</summary>
    public static int OpenComponent(int directory, string component, out int errno)
    {
        int flags = OpenReadOnly | OpenDirectory | OpenNoFollow | OpenCloseOnExec;
        int descriptor;
        do
        {
            descriptor = Libc.OpenAt(directory, component, flags, 0);
            errno = descriptor < 0 ? System.Runtime.InteropServices.Marshal.GetLastPInvokeError() : 0;
        }
        while (errno == StorageError.Eintr);
        return descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            CloseUnlessRoot(_root, Descriptor);
            _root.DangerousRelease();
        }
    }

    // A directory's close reports nothing that matters: nothing was written through it.
    private static void CloseUnlessRoot(SafeFileHandle root, int descriptor)
    {
        if (descriptor != (int)root.DangerousGetHandle())
        {
            _ = Libc.Close(descriptor);
        }
    }
}
