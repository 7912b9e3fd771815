using System.Globalization;
using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// A directory around another that sees every operation before and after it happens: the common part of the doubles
/// that record
/// and that fail.
/// </summary>
/// <param name="inner">The directory that does the work; disposed with this.</param>
internal abstract class ObservedDirectory(IStoreDirectory inner) : IStoreDirectory
{
    /// <summary>The directory that does the work: what is done there is seen by nobody.</summary>
    public IStoreDirectory Inner => inner;

    /// <inheritdoc/>
    public string FullPath => inner.FullPath;

    /// <inheritdoc/>
    public Guid BootId => inner.BootId;

    /// <inheritdoc/>
    public virtual bool MapsBeyondEnd => inner.MapsBeyondEnd;

    /// <summary>Called before an operation; may throw in its place.</summary>
    public abstract void Before(StoreOperation operation, string name);

    /// <summary>Called after an operation that did not throw, with its line for a transcript.</summary>
    public abstract void After(StoreOperation operation, string name, string line);

    /// <summary>Runs an operation between the two calls.</summary>
    public T Observe<T>(StoreOperation operation, string name, Func<T> run, FormattableString line)
    {
        Before(operation, name);
        T result = run();
        After(operation, name, line.ToString(CultureInfo.InvariantCulture));
        return result;
    }

    /// <inheritdoc cref="Observe{T}"/>
    public void Observe(StoreOperation operation, string name, Action run, FormattableString line)
        => Observe(
            operation,
            name,
            () =>
            {
                run();
                return true;
            },
            line);

    /// <summary>How a write happens; a double may write less than asked and throw.</summary>
    public virtual void Write(IStoreFile file, long offset, ReadOnlySpan<byte> source) => file.Write(offset, source);

    /// <summary>How a gathered write happens; a double may write less than asked and throw.</summary>
    public virtual void Write(IStoreFile file, long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
        => file.Write(offset, pieces);

    /// <summary>The region to hand out for one of the inner file's.</summary>
    public virtual MappedRegion Wrap(MappedRegion region, string name) => region;

    /// <summary>The table to hand out for one of the inner directory's.</summary>
    public virtual TableMemory ReserveTable(long capacityBytes) => inner.ReserveTable(capacityBytes);

    /// <inheritdoc/>
    public IStoreFile? TryOpen(string name, bool writable) => Observe(
        StoreOperation.Open, name, () => Wrap(inner.TryOpen(name, writable)), $"open {name} {(writable ? "rw" : "r")}");

    /// <inheritdoc/>
    public IStoreFile Create(string name)
        => Observe(StoreOperation.Create, name, () => Wrap(inner.Create(name))!, $"create {name}");

    /// <inheritdoc/>
    public void CreateDirectory(string name)
        => Observe(StoreOperation.CreateDirectory, name, () => inner.CreateDirectory(name), $"mkdir {name}");

    /// <inheritdoc/>
    public void AdoptModeFrom(string name)
        => Observe(StoreOperation.AdoptMode, name, () => inner.AdoptModeFrom(name), $"adoptmode {name}");

    /// <inheritdoc/>
    public void Replace(string from, string to)
        => Observe(StoreOperation.Replace, to, () => inner.Replace(from, to), $"rename {from} {to}");

    /// <inheritdoc/>
    public bool TryRename(string from, string to)
        => Observe(StoreOperation.Rename, to, () => inner.TryRename(from, to), $"rename-new {from} {to}");

    /// <inheritdoc/>
    public bool Delete(string name)
        => Observe(StoreOperation.Delete, name, () => inner.Delete(name), $"delete {name}");

    /// <inheritdoc/>
    public IReadOnlyList<StoreEntry> List(string name)
        => Observe(StoreOperation.List, name, () => inner.List(name), $"list {Shown(name)}");

    /// <inheritdoc/>
    public long AllocatedBytes(string name) => inner.AllocatedBytes(name);

    /// <inheritdoc/>
    public void SyncDirectory(string name)
        => Observe(StoreOperation.SyncDirectory, name, () => inner.SyncDirectory(name), $"syncdir {Shown(name)}");

    /// <inheritdoc/>
    public IDisposable? TryLock(string name, ReadOnlySpan<byte> holder, out byte[] currentHolder)
    {
        Before(StoreOperation.Lock, name);
        IDisposable? held = inner.TryLock(name, holder, out currentHolder);
        After(StoreOperation.Lock, name, $"lock {name}");
        return held;
    }

    /// <inheritdoc/>
    public IStoreFile OpenForeign(string path) => Observe(
        StoreOperation.OpenForeign, path, () => Wrap(inner.OpenForeign(path))!, $"open-foreign {path}");

    /// <inheritdoc/>
    public IStoreFile CreateForeign(string path, UnixFileMode? mode) => Observe(
        StoreOperation.CreateForeign, path, () => Wrap(inner.CreateForeign(path, mode))!, $"create-foreign {path}");

    /// <inheritdoc/>
    public bool TryLinkForeign(string path, string name)
        => Observe(StoreOperation.LinkForeign, name, () => inner.TryLinkForeign(path, name), $"link-in {path} {name}");

    /// <inheritdoc/>
    public bool TryLinkOut(string name, string path)
        => Observe(StoreOperation.LinkOut, name, () => inner.TryLinkOut(name, path), $"link-out {name} {path}");

    /// <inheritdoc/>
    public long AvailableBytes() => inner.AvailableBytes();

    /// <inheritdoc/>
    public void Dispose()
    {
        inner.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string Shown(string name) => name.Length == 0 ? "." : name;

    private ObservedFile? Wrap(IStoreFile? file) => file is null ? null : new ObservedFile(this, file);
}
