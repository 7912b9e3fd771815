using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PackStore.Format;

/// <summary>The hash that places a key: XxHash3 of its bytes, seeded per store so that nobody can aim keys at one
/// bucket.</summary>
internal sealed class KeyHash(ulong seed)
{
    /// <summary>Length in bytes of the keys that <see cref="OfDigest"/> takes.</summary>
    public const int DigestLength = 32;

    // XXH_PRIME64_1 times the length, the first 32 bytes of XXH3's default secret as words, and the multiplier of its
    // avalanche: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
    private const ulong LengthTimesPrime = unchecked(DigestLength * 0x9E37_79B1_85EB_CA87);
    private const ulong Avalanche = 0x1656_6791_9E37_79F9;
    private readonly ulong _secret0 = unchecked(0xBE4B_A423_396C_FEB8 + seed);
    private readonly ulong _secret1 = unchecked(0x1CAD_21F7_2C81_017C - seed);
    private readonly ulong _secret2 = unchecked(0xDB97_9083_E96D_D4DE + seed);
    private readonly ulong _secret3 = unchecked(0x1F67_B3B7_A4A4_4072 - seed);

    /// <summary>Hash of a key's bytes.</summary>
    public ulong Of(scoped in ArtifactKey key) => XxHash3.HashToUInt64(key.Bytes, (long)seed);

    /// <summary>The same for a key of 32 bytes, as nearly all are: small enough to stand inside the hit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OfDigest(scoped in ArtifactKey key)
    {
        ReadOnlySpan<byte> bytes = key.Padded;
        ulong first = Mix(Word(bytes, 0) ^ _secret0, Word(bytes, 8) ^ _secret1);
        ulong second = Mix(Word(bytes, 16) ^ _secret2, Word(bytes, 24) ^ _secret3);
        ulong hash = unchecked(LengthTimesPrime + first + second);
        hash = unchecked((hash ^ (hash >> 37)) * Avalanche);
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ReadOnlySpan<byte> padded, int at)
    {
        // Not of a slice: the JIT makes an instruction of its own of that.
        ulong word = Unsafe.ReadUnaligned<ulong>(in padded[at]);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        // Not BigMul's low half: that takes a trip through memory.
        ulong high = Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(a, b) : Math.BigMul(a, b, out _);
        return high ^ unchecked(a * b);
    }
}
