using System.Buffers.Binary;
using System.Text;

namespace PackStore.TestKit;

/// <summary>Writes bincode 1.x: what the library's cursor reads, written without it.</summary>
internal sealed class BincodeBuilder
{
    private readonly List<byte> _bytes = [];

    public BincodeBuilder U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public BincodeBuilder I32(int value) => U32((uint)value);

    public BincodeBuilder U64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    /// <summary>A length and so many bytes.</summary>
    public BincodeBuilder Blob(ReadOnlySpan<byte> bytes) => U64((ulong)bytes.Length).Raw(bytes);

    public BincodeBuilder Text(string text) => Blob(Encoding.UTF8.GetBytes(text));

    /// <summary>A count and so many items.</summary>
    public BincodeBuilder Sequence<T>(IReadOnlyCollection<T> items, Action<BincodeBuilder, T> write)
    {
        U64((ulong)items.Count);
        foreach (T item in items)
        {
            write(this, item);
        }

        return this;
    }

    /// <summary>Bytes as they are.</summary>
    public BincodeBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];
}
