using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>An open file of an <see cref="ObservedDirectory"/>.</summary>
internal sealed class ObservedFile(ObservedDirectory directory, IStoreFile inner) : IStoreFile
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public FileStamp Stat() => directory.Observe(StoreOperation.Stat, Name, inner.Stat, $"stat {Name}");

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination)
    {
        directory.Before(StoreOperation.Read, Name);
        int read = inner.Read(offset, destination);
        directory.After(StoreOperation.Read, Name, $"read {Name} {offset} {destination.Length}");
        return read;
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        directory.Before(StoreOperation.Write, Name);
        directory.Write(inner, offset, source);
        directory.After(StoreOperation.Write, Name, $"write {Name} {offset} {source.Length}");
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        directory.Before(StoreOperation.Write, Name);
        directory.Write(inner, offset, pieces);
        long total = 0;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            total += piece.Length;
        }

        directory.After(StoreOperation.Write, Name, $"write {Name} {offset} {total}");
    }

    /// <inheritdoc/>
    public void Reserve(long length)
        => directory.Observe(StoreOperation.Reserve, Name, () => inner.Reserve(length), $"reserve {Name} {length}");

    /// <inheritdoc/>
    public void Sync() => directory.Observe(StoreOperation.Sync, Name, inner.Sync, $"sync {Name}");

    /// <inheritdoc/>
    public MappedRegion Map(long capacity)
        => directory.Wrap(
            directory.Observe(StoreOperation.Map, Name, () => inner.Map(capacity), $"map {Name} {capacity}"), Name);

    /// <inheritdoc/>
    public SharedPage MapPage() => directory.Observe(
        StoreOperation.MapPage, Name, () => new ObservedPage(directory, inner.MapPage(), Name), $"mappage {Name}");

    /// <inheritdoc/>
    public void MapIntoTable(TableMemory table, long tableOffset, long fileOffset, long length) => directory.Observe(
        StoreOperation.MapIntoTable,
        Name,
        () => inner.MapIntoTable(table, tableOffset, fileOffset, length),
        $"maptable {Name} {fileOffset} {length}");

    /// <inheritdoc/>
    public bool TryCloneFrom(IStoreFile source, long sourceOffset, long offset, long length) => directory.Observe(
        StoreOperation.Clone,
        Name,
        () => inner.TryCloneFrom(Unwrap(source), sourceOffset, offset, length),
        $"clone {source.Name} {sourceOffset} {Name} {offset} {length}");

    /// <inheritdoc/>
    public void CopyFrom(IStoreFile source, long sourceOffset, long offset, long length) => directory.Observe(
        StoreOperation.Copy,
        Name,
        () => inner.CopyFrom(Unwrap(source), sourceOffset, offset, length),
        $"copy {source.Name} {sourceOffset} {Name} {offset} {length}");

    /// <summary>Cannot fail, so it is no place to fail at.</summary>
    public void Advise(FileAdvice advice, long offset, long length) => inner.Advise(advice, offset, length);

    /// <inheritdoc/>
    public void SetAttributes(UnixFileMode? mode, DateTimeOffset? modifiedAt) => directory.Observe(
        StoreOperation.SetAttributes, Name, () => inner.SetAttributes(mode, modifiedAt), $"attributes {Name}");

    /// <inheritdoc/>
    public void TruncateForeign(long length) => directory.Observe(
        StoreOperation.Truncate, Name, () => inner.TruncateForeign(length), $"truncate {Name} {length}");

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private static IStoreFile Unwrap(IStoreFile file) => file is ObservedFile observed ? observed.Inner : file;

    private IStoreFile Inner => inner;

    private sealed class ObservedPage(ObservedDirectory directory, SharedPage inner, string name) : SharedPage
    {
        public override ulong Read(int index) => inner.Read(index);

        public override void Write(int index, ulong value) => directory.Observe(
            StoreOperation.StoreWord, name, () => inner.Write(index, value), $"store {name} {index}");

        public override void Dispose() => inner.Dispose();
    }
}
