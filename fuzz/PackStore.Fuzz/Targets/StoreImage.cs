using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets;

/// <summary>A small store that has every structure, as bytes: sealed segments and an active one, overwritten and
/// removed artifacts, loose files, both checkpoints, an index snapshot.</summary>
internal static class StoreImage
{
    /// <summary>Keys; of each the versions that were ever put.</summary>
    public const int Keys = 14;

    /// <summary>The newest version of every key but the removed one.</summary>
    public const int Newest = 2;

    /// <summary>The key that was removed.</summary>
    public const int Removed = 5;

    private static readonly string[] s_folders = ["segments", "index", "loose", "quarantine"];

    /// <summary>How the store is opened.</summary>
    public static PackStoreOptions Options { get; } = new()
    {
        SegmentSizeBytes = 16 << 10,
        LooseThresholdBytes = 2 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The files in the order of their names, LOCK left out: it tells a process, not the store.</summary>
    public static (string Name, byte[] Content)[] Make()
    {
        using MemoryDirectory disk = new(isQuick: true);
        for (int version = 1; version <= Newest; version++)
        {
            using ArtifactStore store = ArtifactStore.OpenOver(disk, Options);
            for (int key = 0; key < Keys; key++)
            {
                int[] lengths = key % 7 == 3 ? [3000] : key % 7 == 4 ? [] : [60 + (key * 90), 16];
                ArtifactPut put = SampleArtifact.Put(key, version, lengths);
                store.PutAsync(put.Key, put.Outcome, put.Payloads).AsTask().Wait();
            }

            if (version == Newest)
            {
                store.RemoveAsync(SampleArtifact.Key(Removed)).AsTask().Wait();
            }
        }

        List<(string Name, byte[] Content)> files = [];
        Collect(disk, "", files);
        files.RemoveAll(static f => f.Name == "LOCK");
        return [.. files.OrderBy(static f => f.Name, StringComparer.Ordinal)];
    }

    /// <summary>A disk that has these files.</summary>
    public static MemoryDirectory ToDisk((string Name, byte[] Content)[] files)
    {
        MemoryDirectory disk = new(isQuick: true);
        foreach (string folder in s_folders)
        {
            disk.CreateDirectory(folder);
        }

        foreach ((string name, byte[] content) in files)
        {
            if (name.Count(static c => c == '/') == 2)
            {
                disk.CreateDirectory(name[..name.LastIndexOf('/')]);
            }

            using IStoreFile file = disk.Create(name);
            file.Reserve(content.Length);
            file.Write(0, content);
        }

        return disk;
    }

    private static void Collect(IStoreDirectory disk, string folder, List<(string Name, byte[] Content)> files)
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
            FuzzFailureException.Require(file.Read(0, bytes) == bytes.Length, "the sample can be read");
            files.Add((name, bytes));
        }
    }
}
