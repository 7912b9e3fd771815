using System.Buffers;
using System.Runtime.InteropServices;

namespace PackStore.Storage;

/// <summary>Part of a mapped region as memory. Whoever makes one holds a reference on the region for as long as it is
/// used.</summary>
internal sealed unsafe class RegionMemory(MappedRegion region, long offset, int length) : MemoryManager<byte>
{
    private const int PieceBytes = 1 << 30;

    /// <summary>A range of any length as linked pieces.</summary>
    public static ReadOnlySequence<byte> Sequence(MappedRegion region, long offset, long length)
    {
        if (length <= PieceBytes)
        {
            return new ReadOnlySequence<byte>(new RegionMemory(region, offset, (int)length).Memory);
        }

        Piece first = new(new RegionMemory(region, offset, PieceBytes).Memory, 0);
        Piece last = first;
        for (long at = PieceBytes; at < length; at += PieceBytes)
        {
            int size = (int)Math.Min(PieceBytes, length - at);
            last = last.Append(new RegionMemory(region, offset + at, size).Memory);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ReadOnlySpan<byte> span = region.Span(offset, length);
        // MemoryManager has no read-only twin. The memory is mapped read-only, and only ReadOnlyMemory of it is handed
        // out.
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(span), span.Length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ReadOnlySpan<byte> span = region.Span(offset + elementIndex, length - elementIndex);
        ObjectDisposedException.ThrowIf(!region.TryAddReference(), this);

        fixed (byte* pointer = span)
        {
            return new MemoryHandle(pointer, pinnable: this);
        }
    }

    /// <inheritdoc/>
    public override void Unpin() => region.Release();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
