using PackStore.Storage;

namespace PackStore.TestKit;

/// <summary>
/// Makes the n-th operation of a kind fail with a chosen errno, once or from then on; a write may do half its work
/// first. A
/// populate that fails answers <see langword="false"/>, as the real one does.
/// </summary>
internal sealed class FaultingDirectory(IStoreDirectory inner) : ObservedDirectory(inner)
{
    private volatile FaultPlan? _plan;

    /// <summary>The fault to come; <see langword="null"/> for none.</summary>
    public FaultPlan? Plan
    {
        get => _plan;
        set => _plan = value;
    }

    /// <inheritdoc/>
    public override void Before(StoreOperation operation, string name)
    {
        // Writes are judged where they happen, as they may do part of their work.
        if (operation != StoreOperation.Write && _plan is { } plan && plan.Strikes(operation, name))
        {
            throw Failure(plan, operation, name);
        }
    }

    /// <inheritdoc/>
    public override void After(StoreOperation operation, string name, string line)
    {
    }

    /// <inheritdoc/>
    public override void Write(IStoreFile file, long offset, ReadOnlySpan<byte> source)
    {
        if (_plan is { } plan && plan.Strikes(StoreOperation.Write, file.Name))
        {
            if (plan.IsShortWrite)
            {
                file.Write(offset, source[..(source.Length / 2)]);
            }

            throw Failure(plan, StoreOperation.Write, file.Name);
        }

        file.Write(offset, source);
    }

    /// <inheritdoc/>
    public override void Write(IStoreFile file, long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        if (_plan is null)
        {
            file.Write(offset, pieces);
            return;
        }

        byte[] joined = [.. pieces.ToArray().SelectMany(static piece => piece.ToArray())];
        Write(file, offset, joined);
    }

    /// <inheritdoc/>
    public override unsafe MappedRegion Wrap(MappedRegion region, string name)
        => new(NativeCalls.StartOf(region), region.Capacity, new FaultingRegion(this, region, name));

    private static IOException Failure(FaultPlan plan, StoreOperation operation, string name)
        => operation is StoreOperation.Sync or StoreOperation.SyncDirectory
            ? StorageError.FromSync($"injected: {operation}", name, plan.Errno)
            : StorageError.FromErrno($"injected: {operation}", name, plan.Errno);

    private bool RefusesPopulate(string name)
        => _plan is { } plan && plan.Strikes(StoreOperation.Populate, name);

    private sealed unsafe class FaultingRegion(FaultingDirectory directory, MappedRegion inner, string name)
        : IRegionBacking
    {
        public bool TryPopulate(byte* start, long offset, long length)
            => !directory.RefusesPopulate(name) && inner.TryPopulate(offset, length);

        public void Release(byte* start, long capacity) => inner.Release();
    }
}
