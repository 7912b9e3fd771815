using PackStore.Storage;

namespace PackStore.Tests.Engine;

/// <summary>A directory that goes with the test, with a store in it and room beside it.</summary>
internal sealed class ScratchStore : IDisposable
{
    private int _copies;

    /// <summary>The temporary directory.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("packstore-test-").FullName;

    /// <summary>The store's directory; absent until it is opened.</summary>
    public string Path => Join("store");

    /// <summary>A path beside the store.</summary>
    public string Join(string name) => System.IO.Path.Combine(Root, name);

    /// <summary>A path inside the store.</summary>
    public string Inside(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a file beside the store.</summary>
    public string File(string name, byte[] bytes)
    {
        string path = Join(name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Opens the store for writing, with only some bits of each hash in use if asked.</summary>
    public ArtifactStore Open(PackStoreOptions? options = null, ulong hashMask = ulong.MaxValue)
    {
        if (hashMask == ulong.MaxValue)
        {
            return ArtifactStore.Open(Path, options);
        }

        StoreDirectories.TryCreateRoot(Path);
        return ArtifactStore.OpenOver(StoreDirectories.Open(Path), options ?? new PackStoreOptions(), hashMask);
    }

    /// <summary>Opens the store read-only.</summary>
    public ArtifactStore Attach(PackStoreOptions? options = null) => ArtifactStore.OpenReadOnly(Path, options);

    /// <summary>The store as a process that is killed now would leave it, in a directory of its own.</summary>
    public ScratchStore Kill()
    {
        ScratchStore copy = new();
        CopyTo(copy.Path);
        return copy;
    }

    /// <summary>Copies the store as it is on disk beside it; gives the path.</summary>
    public string Copy()
    {
        string path = Join($"copy{_copies++}");
        CopyTo(path);
        return path;
    }

    /// <summary>Names of all files in the store, relative to it, sorted; LOCK left out.</summary>
    public string[] Files() =>
    [
        .. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Select(f => System.IO.Path.GetRelativePath(Path, f)).Where(f => f != "LOCK").Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void CopyTo(string path)
    {
        Directory.CreateDirectory(path);
        foreach (string folder in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, System.IO.Path.GetRelativePath(Path, folder)));
        }

        foreach (string file in Files())
        {
            System.IO.File.Copy(Inside(file), System.IO.Path.Combine(path, file));
        }
    }
}
