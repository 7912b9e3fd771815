using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector512<uint>;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>BLAKE3 of 16 inputs side by side in 512-bit vectors; needs AVX-512.</summary>
internal static class Blake3Lanes16
{
    /// <summary>How many.</summary>
    public const int Lanes = 16;

    private const int MessageWords = 16;

    /// <summary>Writes the chaining values of 1 to 16 inputs, behind all reading. Lanes left over repeat the last
    /// input.</summary>
    public static void Hash(ReadOnlySpan<byte> inputs, int count, Blake3Run run, Span<uint> values)
    {
        Span<V> state = stackalloc V[Blake3Compression.Words];
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = Vector512.Create(Blake3Compression.Initial[i]);
        }

        Span<uint> low = stackalloc uint[Lanes];
        Span<uint> high = stackalloc uint[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            ulong counter = run.Counter + ((ulong)lane * run.CounterStep);
            (low[lane], high[lane]) = ((uint)counter, (uint)(counter >> 32));
        }

        V lowWords = Vector512.Create((ReadOnlySpan<uint>)low);
        V highWords = Vector512.Create((ReadOnlySpan<uint>)high);
        Span<V> message = stackalloc V[MessageWords];
        for (int block = 0; block < run.Blocks; block++)
        {
            Load(inputs, count, run, block, message);
            Compress(state, message, lowWords, highWords, run.FlagsOf(block));
        }

        for (int word = 0; word < state.Length; word++)
        {
            for (int lane = 0; lane < count; lane++)
            {
                values[(lane * Blake3Compression.Words) + word] = state[word][lane];
            }
        }
    }

    private static void Load(ReadOnlySpan<byte> inputs, int count, Blake3Run run, int block, Span<V> m)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            int at = (Math.Min(lane, count - 1) * run.InputBytes) + (block * Blake3Compression.BlockBytes);
            m[lane] = MemoryMarshal.Read<Vector512<uint>>(inputs[at..]);
        }

        Transpose(m);
    }

    // Turns 16 rows, a block of each input, into 16 columns, a message word of all inputs each.
    private static void Transpose(Span<Vector512<uint>> m)
    {
        for (int i = 0; i < Lanes; i += 4)
        {
            Vector512<ulong> a = Avx512F.UnpackLow(m[i], m[i + 1]).AsUInt64();
            Vector512<ulong> b = Avx512F.UnpackHigh(m[i], m[i + 1]).AsUInt64();
            Vector512<ulong> c = Avx512F.UnpackLow(m[i + 2], m[i + 3]).AsUInt64();
            Vector512<ulong> d = Avx512F.UnpackHigh(m[i + 2], m[i + 3]).AsUInt64();
            m[i] = Avx512F.UnpackLow(a, c).AsUInt32();
            m[i + 1] = Avx512F.UnpackHigh(a, c).AsUInt32();
            m[i + 2] = Avx512F.UnpackLow(b, d).AsUInt32();
            m[i + 3] = Avx512F.UnpackHigh(b, d).AsUInt32();
        }

        // Now quarter q of m[4g + k] has word 4q + k of inputs 4g to 4g + 3.
        const byte Even = 0x88;
        const byte Odd = 0xDD;
        for (int k = 0; k < 4; k++)
        {
            Vector512<uint> a = Avx512F.Shuffle4x128(m[k], m[4 + k], Even);
            Vector512<uint> b = Avx512F.Shuffle4x128(m[k], m[4 + k], Odd);
            Vector512<uint> c = Avx512F.Shuffle4x128(m[8 + k], m[12 + k], Even);
            Vector512<uint> d = Avx512F.Shuffle4x128(m[8 + k], m[12 + k], Odd);
            m[k] = Avx512F.Shuffle4x128(a, c, Even);
            m[4 + k] = Avx512F.Shuffle4x128(b, d, Even);
            m[8 + k] = Avx512F.Shuffle4x128(a, c, Odd);
            m[12 + k] = Avx512F.Shuffle4x128(b, d, Odd);
        }
    }

    private static void Compress(Span<V> state, ReadOnlySpan<V> message, V counterLow, V counterHigh, uint flags)
    {
        ReadOnlySpan<V> m = message[..MessageWords];
        Span<V> h = state[..Blake3Compression.Words];
        ReadOnlySpan<uint> initial = Blake3Compression.Initial;
        V v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
        V v8 = Vector512.Create(initial[0]), v9 = Vector512.Create(initial[1]);
        V v10 = Vector512.Create(initial[2]), v11 = Vector512.Create(initial[3]);
        V v12 = counterLow, v13 = counterHigh;
        V v14 = Vector512.Create((uint)Blake3Compression.BlockBytes), v15 = Vector512.Create(flags);
        for (ReadOnlySpan<byte> s = Blake3Compression.Schedule; !s.IsEmpty; s = s[MessageWords..])
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

        (h[0], h[1], h[2], h[3]) = (v0 ^ v8, v1 ^ v9, v2 ^ v10, v3 ^ v11);
        (h[4], h[5], h[6], h[7]) = (v4 ^ v12, v5 ^ v13, v6 ^ v14, v7 ^ v15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref V a, ref V b, ref V c, ref V d, V x, V y)
    {
        a += b + x;
        d = Avx512F.RotateRight(d ^ a, 16);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 12);
        a += b + y;
        d = Avx512F.RotateRight(d ^ a, 8);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 7);
    }
}
