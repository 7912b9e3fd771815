using System.Buffers;

namespace PackStore.Migration.Sources;

/// <summary>
/// Memory for the payloads of one batch: small ones one behind the other in a block that is used again and again, large
/// ones in rented buffers of their own.
/// </summary>
internal sealed class ReadArena : IDisposable
{
    private const int BlockBytes = 1 << 20;
    private const int LargeBytes = 256 << 10;

    // Longer ones are not worth keeping for the next.
    private const int PooledBytes = 16 << 20;

    private readonly byte[] _block = GC.AllocateUninitializedArray<byte>(BlockBytes);
    private readonly List<byte[]> _rented = [];
    private int _used;

    /// <summary>Bytes taken since the last <see cref="Reset"/>.</summary>
    public long Taken { get; private set; }

    /// <summary>Memory of exactly this length, its content anything, good until the next <see cref="Reset"/>.</summary>
    public Memory<byte> Take(int length)
    {
        Taken += length;
        if (length <= BlockBytes - _used)
        {
            Memory<byte> taken = _block.AsMemory(_used, length);
            _used += length;
            return taken;
        }

        if (length > PooledBytes)
        {
            return GC.AllocateUninitializedArray<byte>(length);
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(Math.Max(length, LargeBytes));
        _rented.Add(rented);
        return rented.AsMemory(0, length);
    }

    /// <summary>Takes everything back.</summary>
    public void Reset()
    {
        _used = 0;
        Taken = 0;
        _rented.ForEach(static buffer => ArrayPool<byte>.Shared.Return(buffer));
        _rented.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Reset();
}
