using PackStore.Storage;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>All files of a store as bytes, to be damaged and made into a disk again.</summary>
/// <param name="Files">Contents by name.</param>
internal sealed record StoreImage(IReadOnlyDictionary<string, byte[]> Files)
{
    private static readonly string[] s_folders = ["segments", "index", "loose", "quarantine"];

    /// <summary>The files of a disk as they are now. LOCK tells a process, not the store, and is left out.</summary>
    public static StoreImage Of(IStoreDirectory disk)
    {
        Dictionary<string, byte[]> files = new(StringComparer.Ordinal);
        Collect(disk, "", files);
        files.Remove("LOCK");
        return new StoreImage(files);
    }

    /// <summary>The image with another content of a file; null takes the file away.</summary>
    public StoreImage With(string name, byte[]? content)
    {
        Dictionary<string, byte[]> files = new(Files, StringComparer.Ordinal);
        files.Remove(name);
        if (content is not null)
        {
            files[name] = content;
        }

        return new StoreImage(files);
    }

    /// <summary>A disk that has these files.</summary>
    public MemoryDirectory ToDisk()
    {
        MemoryDirectory disk = new(isQuick: true);
        foreach (string folder in s_folders)
        {
            disk.CreateDirectory(folder);
        }

        foreach ((string name, byte[] content) in Files)
        {
            if (name.Count(static c => c == '/') == 2)
            {
                disk.CreateDirectory(name[..name.LastIndexOf('/')]);
            }

            using IStoreFile file = disk.Create(name);
            if (content.Length > 0)
            {
                file.Reserve(content.Length);
                file.Write(0, content);
            }
        }

        return disk;
    }

    /// <summary>Whether a range of a file is as it is in another image.</summary>
    public bool IsSame(StoreImage other, string name, long from, long length) =>
        Files.TryGetValue(name, out byte[]? mine) && other.Files.TryGetValue(name, out byte[]? theirs)
        && mine.Length >= from + length
        && mine.AsSpan((int)from, (int)length).SequenceEqual(theirs.AsSpan((int)from, (int)length));

    private static void Collect(IStoreDirectory disk, string folder, Dictionary<string, byte[]> files)
    {
        foreach (StoreEntry entry in disk.List(folder))
        {
            string name = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
            if (entry.IsDirectory)
            {
                Collect(disk, name, files);
                continue;
            }

            using IStoreFile file = disk.TryOpen(name, writable: false)!;
            byte[] bytes = new byte[file.Stat().Length];
            Assert.Equal(bytes.Length, file.Read(0, bytes));
            files[name] = bytes;
        }
    }
}
