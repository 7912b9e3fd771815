using PackStore.Format;
using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Properties;

/// <summary>A disk in memory.</summary>
internal sealed class MemoryModelDisk(bool mapsBeyondEnd, MemoryDirectory? disk = null) : IModelDisk
{
    private readonly MemoryDirectory _disk = disk ?? new MemoryDirectory(isQuick: true);
    private TempStore? _files;

    /// <inheritdoc/>
    public ArtifactStore Open(PackStoreOptions options, ulong hashMask) =>
        ArtifactStore.OpenOver(new Seen(_disk, mapsBeyondEnd), options, hashMask);

    /// <inheritdoc/>
    public ArtifactStore Attach(PackStoreOptions options, ulong hashMask) =>
        ArtifactStore.AttachOver(new Seen(_disk, mapsBeyondEnd), options, hashMask);

    /// <inheritdoc/>
    public IModelDisk Kill() => new MemoryModelDisk(mapsBeyondEnd, _disk.KillImage());

    /// <inheritdoc/>
    public IModelDisk Cut() => new MemoryModelDisk(mapsBeyondEnd, _disk.Crash(MaskChooser.LoseAll));

    /// <inheritdoc/>
    public void LoseIndex()
    {
        foreach (StoreEntry entry in _disk.List(StoreFileNames.Index))
        {
            _disk.Delete($"{StoreFileNames.Index}/{entry.Name}");
        }
    }

    /// <inheritdoc/>
    public string SourceFile(string name, byte[] bytes)
    {
        string path = (_files ??= new TempStore()).PathOf(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <inheritdoc/>
    public int CountLooseFiles() => _disk.List(StoreFileNames.Loose).Sum(folder =>
        _disk.List($"{StoreFileNames.Loose}/{folder.Name}").Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        _disk.Discard();
        _files?.Dispose();
    }

    /// <summary>The disk as it is seen by a process whose system maps as far as is said here.</summary>
    private sealed class Seen(MemoryDirectory disk, bool mapsBeyondEnd) : ObservedDirectory(disk)
    {
        public override bool MapsBeyondEnd => mapsBeyondEnd;

        public override void Before(TestKit.StoreOperation operation, string name)
        {
        }

        public override void After(TestKit.StoreOperation operation, string name, string line)
        {
        }
    }
}
