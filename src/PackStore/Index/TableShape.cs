using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PackStore.Index;

/// <summary>
/// How an index is laid out, in one word so that a reader sees all of it or none: number of buckets (bits 63..32),
/// version (31..8), number of bits of a hash that are looked at (7..0).
/// </summary>
/// <remarks>The version is odd while entries move. It comes round after 2^23 moves: a reader that misses would have to
/// sleep through exactly that many to take one for none.</remarks>
internal static class TableShape
{
    private const int CountShift = 32;
    private const int VersionShift = 8;
    private const uint VersionMask = (1u << (CountShift - VersionShift)) - 1;

    /// <summary>Makes the word.</summary>
    public static ulong Make(int bucketCount, uint version) =>
        ((ulong)bucketCount << CountShift) | ((ulong)(version & VersionMask) << VersionShift)
            | (uint)(BitOperations.Log2((uint)bucketCount) + 1);

    /// <summary>Number of buckets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketCount(ulong shape) => (int)(shape >> CountShift);

    /// <summary>The version.</summary>
    public static uint Version(ulong shape) => (uint)(shape >> VersionShift) & VersionMask;

    /// <summary>Whether entries are on the move.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMoving(ulong shape) => (shape & (1UL << VersionShift)) != 0;

    /// <summary>The bucket of a hash: its low bits, one less where that bucket is not there yet (Litwin, VLDB
    /// 1980).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketOf(ulong shape, ulong hash)
    {
        uint bits = (byte)shape;
        uint bucket = Low(hash, bits);
        // Both are made, so that choosing takes no branch: it would go either way at random.
        uint other = Low(hash, bits - 1);
        uint isThere = (uint)(((long)bucket - (long)(shape >> CountShift)) >> 63);
        return (int)(other + ((bucket - other) & isThere));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Low(ulong hash, uint bits) => Bmi2.IsSupported
        ? Bmi2.ZeroHighBits((uint)hash, bits)
        : (uint)hash & ((1u << (int)bits) - 1);
}
