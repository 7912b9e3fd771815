using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PackStore;

/// <summary>
/// The name of an artifact: 1 to 64 raw bytes, written outside as lowercase hexadecimal digits.
/// </summary>
/// <remarks>
/// A value type of 72 bytes; pass it by <see langword="in"/>. <c>default</c> is not a key: every member that takes one
/// refuses it with <see cref="ArgumentException"/>. Equality and order are those of the bytes, a shorter key before a
/// longer one
/// it is a prefix of. All members are safe to call from any thread.
/// </remarks>
public readonly struct ArtifactKey : IEquatable<ArtifactKey>, IComparable<ArtifactKey>, ISpanFormattable,
    ISpanParsable<ArtifactKey>
{
    /// <summary>The greatest number of bytes in a key.</summary>
    public const int MaxLength = 64;

    // Bytes past _length are zero, so equality is a compare of the whole inline block.
    private readonly KeyBytes _bytes;
    private readonly int _length;

    private ArtifactKey(ReadOnlySpan<byte> bytes)
    {
        _bytes = default;
        bytes.CopyTo(_bytes);
        _length = bytes.Length;
    }

    /// <summary>The number of bytes, 1 to 64; 0 only for <c>default</c>.</summary>
    public int Length => _length;

    /// <summary>The key's bytes. Valid as long as the key it was taken from.</summary>
    [UnscopedRef]
    internal ReadOnlySpan<byte> Bytes => Padded[.._length];

    /// <summary>The key's bytes and zeros behind them, 64 in all.</summary>
    [UnscopedRef]
    internal ReadOnlySpan<byte> Padded
    {
        // Not the compiler's conversion: that is a call the JIT does not inline.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MemoryMarshal.CreateReadOnlySpan(in _bytes[0], MaxLength);
    }

    /// <summary>Makes a key of raw bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is empty or longer than 64 bytes.</exception>
    public static ArtifactKey FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length is >= 1 and <= MaxLength
            ? new ArtifactKey(bytes)
            : throw new ArgumentException($"A key has 1 to {MaxLength} bytes; got {bytes.Length}.", nameof(bytes));

    /// <summary>Makes a 32-byte key of any text: the SHA-256 of its UTF-8 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="text"/> is empty or not valid UTF-16.</exception>
    public static ArtifactKey FromHash(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            throw new ArgumentException("The text to hash is empty.", nameof(text));
        }

        byte[] utf8 = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int written;
        try
        {
            written = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text, utf8);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The text to hash is not valid UTF-16.", nameof(text), e);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8.AsSpan(0, written), digest);
        return new ArtifactKey(digest);
    }

    /// <summary>Reads 2 to 128 hexadecimal digits, an even number, either case.</summary>
    /// <exception cref="FormatException"><paramref name="s"/> is not such a text.</exception>
    public static ArtifactKey Parse(ReadOnlySpan<char> s) =>
        TryParse(s, out ArtifactKey key)
            ? key
            : throw new FormatException("A key is 2 to 128 hexadecimal digits, an even number of them.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static ArtifactKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static ArtifactKey Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan());
    }

    /// <summary>Reads 2 to 128 hexadecimal digits, an even number, either case; says whether it could.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, out ArtifactKey result)
    {
        result = default;
        if (s.Length is < 2 or > 2 * MaxLength || (s.Length & 1) != 0)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaxLength];
        if (Convert.FromHexString(s, bytes, out _, out int written) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        result = new ArtifactKey(bytes[..written]);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out ArtifactKey)"/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ArtifactKey result) =>
        TryParse(s, out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out ArtifactKey)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ArtifactKey result) =>
        TryParse(s.AsSpan(), out result);

    /// <summary>Copies the bytes and returns how many there are.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than
    /// <see cref="Length"/>.</exception>
    public int CopyTo(Span<byte> destination)
    {
        Bytes.CopyTo(destination);
        return _length;
    }

    /// <inheritdoc/>
    public bool Equals(ArtifactKey other) =>
        _length == other._length && ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ArtifactKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(ArtifactKey other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <summary>The bytes as lowercase hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format,
        IFormatProvider? provider) => Convert.TryToHexStringLower(Bytes, destination, out charsWritten);

    /// <summary>Whether two keys have the same bytes.</summary>
    public static bool operator ==(ArtifactKey left, ArtifactKey right) => left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(ArtifactKey left, ArtifactKey right) => !left.Equals(right);

    /// <summary>Whether <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> sorts before <paramref name="right"/> or equals it.</summary>
    public static bool operator <=(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> sorts after <paramref name="right"/> or equals it.</summary>
    public static bool operator >=(ArtifactKey left, ArtifactKey right) => left.CompareTo(right) >= 0;

    [InlineArray(MaxLength)]
    private struct KeyBytes
    {
        private byte _first;
    }
}
