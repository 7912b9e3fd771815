using System.Globalization;
using PackStore.Engine.Space;
using PackStore.Storage;
using PackStore.TestKit;

namespace PackStore.Tests.Space;

/// <summary>Looks at the disk after every operation that takes space, and keeps the worst ratio to the bound.</summary>
internal sealed class BoundWatch(MemoryDirectory disk, long segmentBytes) : ObservedDirectory(disk)
{
    private readonly Lock _lock = new();
    private string _worst = "";

    /// <summary>The store, once it is open.</summary>
    public ArtifactStore? Store { get; set; }

    /// <summary>How often it looked.</summary>
    public long Samples { get; private set; }

    /// <summary>The greatest share of the bound that was in use.</summary>
    public double Worst { get; private set; }

    /// <summary>Bytes written to all files.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>The worst moment.</summary>
    public string Describe() => _worst;

    public override void Before(StoreOperation operation, string name)
    {
    }

    public override void After(StoreOperation operation, string name, string line)
    {
        if (Store is not { } store || operation is not (
            StoreOperation.Reserve or StoreOperation.Write or StoreOperation.Create or StoreOperation.Copy))
        {
            return;
        }

        lock (_lock)
        {
            long used = disk.CapacityBytes - disk.AvailableBytes();
            long live = store.Engine.Core.Accounting.LiveBytes;
            double share = used / ((live * 1.25) + segmentBytes + SpaceBound.FixedBytes);
            Samples++;
            if (share > Worst)
            {
                Worst = share;
                _worst = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{share:F3} of the bound after '{line}': {used} bytes on disk, {live} live");
            }
        }
    }

    public override void Write(IStoreFile file, long offset, ReadOnlySpan<byte> source)
    {
        Count(source.Length);
        base.Write(file, offset, source);
    }

    public override void Write(IStoreFile file, long offset, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            Count(piece.Length);
        }

        base.Write(file, offset, pieces);
    }

    private void Count(long bytes)
    {
        lock (_lock)
        {
            WrittenBytes += bytes;
        }
    }
}
