using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V = System.Runtime.Intrinsics.Vector256<uint>;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>BLAKE3 of 8 inputs side by side in 256-bit vectors; needs AVX2.</summary>
internal static class Blake3Lanes8
{
    /// <summary>How many.</summary>
    public const int Lanes = 8;

    private const int MessageWords = 16;

    /// <summary>Writes the chaining values of 1 to 8 inputs, behind all reading. Lanes left over repeat the last
    /// input.</summary>
    public static void Hash(ReadOnlySpan<byte> inputs, int count, Blake3Run run, Span<uint> values)
    {
        Span<V> state = stackalloc V[Blake3Compression.Words];
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = Vector256.Create(Blake3Compression.Initial[i]);
        }

        Span<uint> low = stackalloc uint[Lanes];
        Span<uint> high = stackalloc uint[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            ulong counter = run.Counter + ((ulong)lane * run.CounterStep);
            (low[lane], high[lane]) = ((uint)counter, (uint)(counter >> 32));
        }

        V lowWords = Vector256.Create((ReadOnlySpan<uint>)low);
        V highWords = Vector256.Create((ReadOnlySpan<uint>)high);
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
            m[lane] = MemoryMarshal.Read<Vector256<uint>>(inputs[at..]);
            m[Lanes + lane] = MemoryMarshal.Read<V>(inputs[(at + (Blake3Compression.BlockBytes / 2))..]);
        }

        Transpose(m[..Lanes]);
        Transpose(m[Lanes..]);
    }

    // Turns 8 rows, half a block of each input, into 8 columns, a message word of all inputs each.
    private static void Transpose(Span<Vector256<uint>> m)
    {
        for (int i = 0; i < Lanes; i += 4)
        {
            Vector256<ulong> a = Avx2.UnpackLow(m[i], m[i + 1]).AsUInt64();
            Vector256<ulong> b = Avx2.UnpackHigh(m[i], m[i + 1]).AsUInt64();
            Vector256<ulong> c = Avx2.UnpackLow(m[i + 2], m[i + 3]).AsUInt64();
            Vector256<ulong> d = Avx2.UnpackHigh(m[i + 2], m[i + 3]).AsUInt64();
            m[i] = Avx2.UnpackLow(a, c).AsUInt32();
            m[i + 1] = Avx2.UnpackHigh(a, c).AsUInt32();
            m[i + 2] = Avx2.UnpackLow(b, d).AsUInt32();
            m[i + 3] = Avx2.UnpackHigh(b, d).AsUInt32();
        }

        // Now half q of m[4g + k] has word 4q + k of inputs 4g to 4g + 3.
        const byte Low = 0x20;
        const byte High = 0x31;
        for (int k = 0; k < 4; k++)
        {
            (Vector256<uint> a, Vector256<uint> b) = (m[k], m[4 + k]);
            m[k] = Avx2.Permute2x128(a, b, Low);
            m[4 + k] = Avx2.Permute2x128(a, b, High);
        }
    }

    private static void Compress(Span<V> state, ReadOnlySpan<V> message, V counterLow, V counterHigh, uint flags)
    {
        ReadOnlySpan<V> m = message[..MessageWords];
        Span<V> h = state[..Blake3Compression.Words];
        ReadOnlySpan<uint> initial = Blake3Compression.Initial;
        V v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
        V v8 = Vector256.Create(initial[0]), v9 = Vector256.Create(initial[1]);
        V v10 = Vector256.Create(initial[2]), v11 = Vector256.Create(initial[3]);
        V v12 = counterLow, v13 = counterHigh;
        V v14 = Vector256.Create((uint)Blake3Compression.BlockBytes), v15 = Vector256.Create(flags);
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
        d = RotateRight(d ^ a, 16);
        c += d;
        b = RotateRight(b ^ c, 12);
        a += b + y;
        d = RotateRight(d ^ a, 8);
        c += d;
        b = RotateRight(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V RotateRight(V v, [ConstantExpected] byte bits) => Avx512F.VL.IsSupported
        ? Avx512F.VL.RotateRight(v, bits)
        : (v >>> bits) | (v << (32 - bits));
}
