using System.IO.Hashing;

namespace PackStore.Format;

/// <summary>The one checksum of the format: XxHash3, 64 bits, seed 0
/// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).</summary>
internal static class Checksum
{
    /// <summary>Checksum of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    /// <summary>Its low half, where a field has room for 32 bits only.</summary>
    public static uint Short(ReadOnlySpan<byte> bytes) => (uint)XxHash3.HashToUInt64(bytes);
}
