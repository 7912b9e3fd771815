using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PackStore.Bench.Data;

/// <summary>Reads the bytes of a result so that no engine can get away with a pointer nobody followed.</summary>
internal static class Consume
{
    internal const int ResolveBytes = 256;

    /// <summary>The sum of the first 256 bytes, or of all when there are fewer.</summary>
    internal static ulong Start(ReadOnlySpan<byte> bytes) =>
        All(bytes.Length > ResolveBytes ? bytes[..ResolveBytes] : bytes);

    internal static ulong All(ReadOnlySpan<byte> bytes)
    {
        Vector256<ulong> sum0 = default;
        Vector256<ulong> sum1 = default;
        ReadOnlySpan<Vector256<ulong>> vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            sum0 += vectors[i];
            sum1 += vectors[i + 1];
        }

        if (i < vectors.Length)
        {
            sum0 += vectors[i];
        }

        ulong rest = 0;
        foreach (byte value in bytes[(vectors.Length * 32)..])
        {
            rest += value;
        }

        return Vector256.Sum(sum0 + sum1) + rest;
    }
}
