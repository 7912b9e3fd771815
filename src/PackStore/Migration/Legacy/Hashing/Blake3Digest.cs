using System.Runtime.CompilerServices;

namespace PackStore.Migration.Legacy.Hashing;

/// <summary>32 bytes of BLAKE3, written as 64 lowercase hexadecimal digits.</summary>
internal readonly struct Blake3Digest : IEquatable<Blake3Digest>
{
    /// <summary>Bytes in a digest.</summary>
    public const int Size = 32;

    /// <summary>Digits in its text.</summary>
    public const int TextLength = 2 * Size;

    private readonly DigestBytes _bytes;

    public Blake3Digest(ReadOnlySpan<byte> bytes) => bytes[..Size].CopyTo(_bytes);

    /// <summary>Reads exactly 64 digits, none of them a capital: other spellings are other digests to the old
    /// program.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Blake3Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != TextLength || text.ContainsAnyInRange('A', 'F')
            || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        digest = new Blake3Digest(bytes);
        return true;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes).CopyTo(destination);

    /// <summary>Writes the 64 digits as ASCII.</summary>
    public void WriteText(Span<byte> destination) => Convert.TryToHexStringLower(_bytes, destination, out _);

    public bool Equals(Blake3Digest other) => ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => obj is Blake3Digest other && Equals(other);

    public override int GetHashCode() => BitConverter.ToInt32(_bytes);

    public override string ToString() => Convert.ToHexStringLower(_bytes);

    public static bool operator ==(Blake3Digest left, Blake3Digest right) => left.Equals(right);

    public static bool operator !=(Blake3Digest left, Blake3Digest right) => !left.Equals(right);

    [InlineArray(Size)]
    private struct DigestBytes
    {
        private byte _first;
    }
}
