using System.IO.Hashing;

namespace PackStore.Format;

/// <summary>The hash that places a key: XxHash3 of its bytes, seeded per store so that nobody can aim keys at one
/// bucket.</summary>
internal static class KeyHash
{
    /// <summary>Hash of a key's bytes in a store of this seed.</summary>
    public static ulong Of(ReadOnlySpan<byte> key, ulong seed) => XxHash3.HashToUInt64(key, (long)seed);
}
