using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.TestKit;

/// <summary>A foreign directory that tells before each deletion in it or below, by the path from where it
/// began.</summary>
internal sealed class ObservedForeignDirectory(IForeignDirectory inner, Action<string> beforeDelete, string path = "")
    : IForeignDirectory
{
    /// <inheritdoc/>
    public string FullPath => inner.FullPath;

    /// <inheritdoc/>
    public ForeignStatus TryOpenDirectory(string name, out IForeignDirectory? directory)
    {
        ForeignStatus status = inner.TryOpenDirectory(name, out IForeignDirectory? opened);
        directory = opened is null ? null : new ObservedForeignDirectory(opened, beforeDelete, PathOf(name));
        return status;
    }

    /// <inheritdoc/>
    public ForeignStatus Examine(string name, out ForeignFacts facts) => inner.Examine(name, out facts);

    /// <inheritdoc/>
    public ForeignStatus Read(ReadOnlySpan<byte> name, Span<byte> destination, out int read) =>
        inner.Read(name, destination, out read);

    /// <inheritdoc/>
    public ForeignStatus TryOpen(string name, out IStoreFile? file) => inner.TryOpen(name, out file);

    /// <inheritdoc/>
    public ForeignStatus List(ForeignVisitor visit) => inner.List(visit);

    /// <inheritdoc/>
    public ForeignStatus TryLock(string name, bool exclusive, out IDisposable? taken) =>
        inner.TryLock(name, exclusive, out taken);

    /// <inheritdoc/>
    public ForeignStatus Delete(string name)
    {
        beforeDelete(PathOf(name));
        return inner.Delete(name);
    }

    /// <inheritdoc/>
    public ForeignStatus DeleteDirectory(string name)
    {
        beforeDelete(PathOf(name) + "/");
        return inner.DeleteDirectory(name);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}/{name}";
}
