using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>The compression function of BLAKE3, one block at a time, and its constants.</summary>
internal static class Blake3Compression
{
    public const int BlockBytes = 64;
    public const int ChunkBytes = 1024;

    /// <summary>Words of a chaining value.</summary>
    public const int Words = 8;

    // Flags of a block.
    public const uint ChunkStart = 1;
    public const uint ChunkEnd = 2;
    public const uint Parent = 4;
    public const uint Root = 8;

    private const int MessageWords = 16;

    /// <summary>What a chunk or parent starts from: the first words of SHA-256's initial state.</summary>
    public static ReadOnlySpan<uint> Initial =>
    [
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    ];

    /// <summary>Which message word each half of each quarter round adds, 16 a round.</summary>
    public static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    /// <summary>Replaces a chaining value by that of itself and one block; unused bytes of the block are
    /// zero.</summary>
    public static void Compress(
        Span<uint> chaining, ReadOnlySpan<byte> block, ulong counter, uint blockBytes, uint flags)
    {
        ReadOnlySpan<uint> m = MemoryMarshal.Cast<byte, uint>(block[..BlockBytes]);
        ReadOnlySpan<uint> initial = Initial;
        Span<uint> cv = chaining[..Words];
        uint v0 = cv[0], v1 = cv[1], v2 = cv[2], v3 = cv[3], v4 = cv[4], v5 = cv[5], v6 = cv[6], v7 = cv[7];
        uint v8 = initial[0], v9 = initial[1], v10 = initial[2], v11 = initial[3];
        uint v12 = (uint)counter, v13 = (uint)(counter >> 32), v14 = blockBytes, v15 = flags;
        for (ReadOnlySpan<byte> s = Schedule; !s.IsEmpty; s = s[MessageWords..])
        {
            Mix(ref v0, ref v4, ref v8, ref v12, m[s[0]], m[s[1]]);
            Mix(ref v1, ref v5, ref v9, ref v13, m[s[2]], m[s[3]]);
            Mix(ref v2, ref v6, ref v10, ref v14, m[s[4]], m[s[5]]);
            Mix(ref v3, ref v7, ref v11, ref v15, m[s[6]], m[s[7]]);
            Mix(ref v0, ref v5, ref v10, ref v15, m[s[8]], m[s[9]]);
            Mix(ref v1, ref v6, ref v11, ref v12, m[s[10]], m[s[11]]);
            Mix(ref v2, ref v7, ref v8, ref v13, m[s[12]], m[s[13]]);
            Mix(ref v3, ref v4, ref v9, ref v14, m[s[14]], m[s[15]]);
        }

        (cv[0], cv[1], cv[2], cv[3]) = (v0 ^ v8, v1 ^ v9, v2 ^ v10, v3 ^ v11);
        (cv[4], cv[5], cv[6], cv[7]) = (v4 ^ v12, v5 ^ v13, v6 ^ v14, v7 ^ v15);
    }

    /// <summary>The chaining value of a chunk of 0 to 1024 bytes.</summary>
    public static void CompressChunk(ReadOnlySpan<byte> chunk, ulong counter, uint lastFlags, Span<uint> chaining)
    {
        Initial.CopyTo(chaining);
        uint flags = ChunkStart;
        for (; chunk.Length > BlockBytes; chunk = chunk[BlockBytes..])
        {
            Compress(chaining, chunk, counter, BlockBytes, flags);
            flags = 0;
        }

        Span<byte> last = stackalloc byte[BlockBytes];
        last.Clear();
        chunk.CopyTo(last);
        Compress(chaining, last, counter, (uint)chunk.Length, flags | ChunkEnd | lastFlags);
    }

    /// <summary>The chaining value of two neighbours, 16 words.</summary>
    public static void CompressParent(ReadOnlySpan<uint> children, uint lastFlags, Span<uint> chaining)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        MemoryMarshal.AsBytes(children[..MessageWords]).CopyTo(block);
        Initial.CopyTo(chaining);
        Compress(chaining, block, 0, BlockBytes, Parent | lastFlags);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a += b + x;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a += b + y;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }
}
