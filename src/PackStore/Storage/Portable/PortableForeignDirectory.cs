using System.IO.Enumeration;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PackStore.Storage.Foreign;

namespace PackStore.Storage.Portable;

/// <summary>
/// A foreign directory by the runtime's own calls. Weaker than the one for Linux: a link is refused if it is there when
/// looked at, and access times are what the system makes of them.
/// </summary>
internal sealed class PortableForeignDirectory : IForeignDirectory
{
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;

    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private PortableForeignDirectory(string fullPath) => FullPath = fullPath;

    /// <inheritdoc/>
    public string FullPath { get; }

    /// <summary>See <see cref="ForeignDirectories.Open"/>.</summary>
    public static PortableForeignDirectory Open(string path)
    {
        string fullPath = Path.GetFullPath(path);
        return Directory.Exists(fullPath)
            ? new PortableForeignDirectory(fullPath)
            : throw new IOException($"open '{fullPath}': there is no such directory.", StorageError.Enoent);
    }

    /// <inheritdoc/>
    public ForeignStatus TryOpenDirectory(string name, out IForeignDirectory? directory)
    {
        ForeignStatus status = Find(name, ForeignKind.Directory, out string path);
        directory = status == ForeignStatus.Ok ? new PortableForeignDirectory(path) : null;
        return status;
    }

    /// <inheritdoc/>
    public ForeignStatus Examine(string name, out ForeignFacts facts)
    {
        facts = default;
        if (!ForeignNames.IsComponent(name))
        {
            return ForeignStatus.Absent;
        }

        ForeignFacts found = default;
        ForeignStatus status = Attempt(() =>
        {
            FileInfo file = new(Path.Join(FullPath, name));
            bool isLink = file.LinkTarget is not null;
            bool isDirectory = !isLink && Directory.Exists(file.FullName);
            if (!isLink && !isDirectory && !file.Exists)
            {
                return ForeignStatus.Absent;
            }

            ForeignKind kind = isDirectory ? ForeignKind.Directory
                : isLink || (file.Attributes & FileAttributes.Device) != 0 ? ForeignKind.Other
                : ForeignKind.File;
            found = new ForeignFacts(kind, kind == ForeignKind.File ? file.Length : 0,
                new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds(), 1);
            return ForeignStatus.Ok;
        });
        facts = found;
        return status;
    }

    /// <inheritdoc/>
    public ForeignStatus Read(ReadOnlySpan<byte> name, Span<byte> destination, out int read)
    {
        read = 0;
        string text = Encoding.UTF8.GetString(name);
        ForeignStatus status = Examine(text, out ForeignFacts facts);
        if (status != ForeignStatus.Ok || facts is { Kind: ForeignKind.File, Length: 0 })
        {
            // Outside Windows the runtime takes a pipe for a file, but for one without length: such are never opened.
            return status;
        }

        status = TryOpen(text, out IStoreFile? file);
        if (status != ForeignStatus.Ok)
        {
            return status;
        }

        try
        {
            read = file!.Read(0, destination);
            return ForeignStatus.Ok;
        }
        catch (IOException)
        {
            // Told by the status, as all that is wrong with a foreign file.
            return ForeignStatus.Failed;
        }
        finally
        {
            file!.Dispose();
        }
    }

    /// <inheritdoc/>
    public ForeignStatus TryOpen(string name, out IStoreFile? file)
    {
        IStoreFile? opened = null;
        ForeignStatus status = Find(name, ForeignKind.File, out string path);
        if (status == ForeignStatus.Ok)
        {
            status = Attempt(() =>
            {
                SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, ShareAll);
                opened = new PortableStoreFile(handle, path, writable: false, isForeign: true);
                return ForeignStatus.Ok;
            });
        }

        file = opened;
        return status;
    }

    /// <inheritdoc/>
    public ForeignStatus List(ForeignVisitor visit) => Attempt(() =>
    {
        FileSystemEnumerable<string> names = new(
            FullPath, static (ref FileSystemEntry entry) => entry.FileName.ToString(), s_all);
        foreach (string name in names)
        {
            if (Examine(name, out ForeignFacts facts) == ForeignStatus.Ok)
            {
                visit(Encoding.UTF8.GetBytes(name), facts.Kind);
            }
        }

        return ForeignStatus.Ok;
    });

    /// <summary>As <see cref="IForeignDirectory.TryLock"/>: on Unix the runtime's sharing is an advisory lock; on
    /// Windows the file is opened unshared, or shared for reading.</summary>
    public ForeignStatus TryLock(string name, bool exclusive, out IDisposable? taken)
    {
        IDisposable? held = null;
        ForeignStatus status = Find(name, ForeignKind.File, out string path);
        if (status == ForeignStatus.Ok)
        {
            status = Attempt(() =>
            {
                held = File.OpenHandle(
                    path, FileMode.Open, FileAccess.Read, exclusive ? FileShare.None : FileShare.Read);
                return ForeignStatus.Ok;
            });
        }

        taken = held;
        return status;
    }

    /// <inheritdoc/>
    public ForeignStatus Delete(string name) => !ForeignNames.IsComponent(name) ? ForeignStatus.Absent : Attempt(() =>
    {
        FileInfo file = new(Path.Join(FullPath, name));
        if (!file.Exists && file.LinkTarget is null)
        {
            return Directory.Exists(file.FullName) ? ForeignStatus.WrongKind : ForeignStatus.Absent;
        }

        if (OperatingSystem.IsWindows() && file.IsReadOnly)
        {
            file.IsReadOnly = false;
        }

        file.Delete();
        return ForeignStatus.Ok;
    });

    /// <inheritdoc/>
    public ForeignStatus DeleteDirectory(string name)
    {
        ForeignStatus status = Find(name, ForeignKind.Directory, out string path);
        return status != ForeignStatus.Ok ? status : Attempt(() =>
        {
            if (Directory.EnumerateFileSystemEntries(path).Any())
            {
                return ForeignStatus.Busy;
            }

            Directory.Delete(path);
            return ForeignStatus.Ok;
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Holds nothing open between calls.
    }

    private static ForeignStatus Attempt(Func<ForeignStatus> call)
    {
        try
        {
            return call();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return ForeignStatus.Absent;
        }
        catch (IOException error) when (StorageError.IsLocked(error))
        {
            return ForeignStatus.Busy;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Told by the status, as all that is wrong with a foreign name.
            return ForeignStatus.Failed;
        }
    }

    private ForeignStatus Find(string name, ForeignKind kind, out string path)
    {
        path = Path.Join(FullPath, name);
        ForeignStatus status = Examine(name, out ForeignFacts facts);
        return status == ForeignStatus.Ok && facts.Kind != kind ? ForeignStatus.WrongKind : status;
    }
}
