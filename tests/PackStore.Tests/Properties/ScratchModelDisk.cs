using System.Runtime.Versioning;
using PackStore.Storage;
using PackStore.Storage.Linux;
using PackStore.Tests.Engine;

namespace PackStore.Tests.Properties;

/// <summary>A directory of its own.</summary>
/// <param name="isPlain">Whether to use nothing that some system may lack.</param>
[SupportedOSPlatform("linux")]
internal sealed class ScratchModelDisk(bool isPlain = false) : IModelDisk
{
    private ScratchStore _scratch = new();

    /// <inheritdoc/>
    public ArtifactStore Open(PackStoreOptions options, ulong hashMask)
    {
        StoreDirectories.TryCreateRoot(_scratch.Path);
        return ArtifactStore.OpenOver(OpenDirectory(), options, hashMask);
    }

    /// <inheritdoc/>
    public ArtifactStore Attach(PackStoreOptions options, ulong hashMask) =>
        ArtifactStore.AttachOver(OpenDirectory(), options, hashMask);

    /// <inheritdoc/>
    public IModelDisk Kill()
    {
        ScratchModelDisk killed = new(isPlain);
        killed._scratch.Dispose();
        killed._scratch = _scratch.Kill();
        return killed;
    }

    /// <inheritdoc/>
    public IModelDisk Cut() => Kill();

    /// <inheritdoc/>
    public void LoseIndex()
    {
        Directory.CreateDirectory(_scratch.Inside("index"));
        Directory.Delete(_scratch.Inside("index"), recursive: true);
    }

    /// <inheritdoc/>
    public string SourceFile(string name, byte[] bytes) => _scratch.File(name, bytes);

    /// <inheritdoc/>
    public int CountLooseFiles() =>
        Directory.EnumerateFiles(_scratch.Inside("loose"), "*", SearchOption.AllDirectories).Count();

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private IStoreDirectory OpenDirectory() => isPlain
        ? FileStoreDirectory.Open(_scratch.Path, StorageFeatures.None)
        : StoreDirectories.Open(_scratch.Path);
}
