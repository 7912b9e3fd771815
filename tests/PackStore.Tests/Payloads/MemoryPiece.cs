using System.Buffers;

namespace PackStore.Tests.Payloads;

/// <summary>A link of a sequence made by a test.</summary>
internal sealed class MemoryPiece : ReadOnlySequenceSegment<byte>
{
    private MemoryPiece(ReadOnlyMemory<byte> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    /// <summary>The same memory, over and over.</summary>
    public static ReadOnlySequence<byte> Repeat(byte[] piece, int count) =>
        Link(Enumerable.Repeat<ReadOnlyMemory<byte>>(piece, count));

    /// <summary>Bytes in pieces of a length.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] bytes, int length) =>
        Link(bytes.Chunk(length).Select(c => new ReadOnlyMemory<byte>(c)));

    private static ReadOnlySequence<byte> Link(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        MemoryPiece? first = null;
        MemoryPiece? last = null;
        foreach (ReadOnlyMemory<byte> memory in pieces)
        {
            MemoryPiece next = new(memory, (last?.RunningIndex ?? 0) + (last?.Memory.Length ?? 0));
            last?.Next = next;
            last = next;
            first ??= next;
        }

        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }
}
