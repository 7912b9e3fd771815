using System.Buffers;

namespace PackStore.Storage;

/// <summary>The bytes of one payload in a mapping of its own or in a buffer, with the right to read them.</summary>
/// <remarks>Holds one reference on the mapping; <see cref="Release"/> gives it back, once.</remarks>
internal readonly struct PayloadBytes
{
    private readonly MappedRegion? _region;
    private readonly byte[]? _rented;
    private readonly long _offset;

    /// <summary>Bytes of a mapping, on which the caller has taken a reference for this value.</summary>
    public PayloadBytes(MappedRegion region, long offset, long length)
    {
        _region = region;
        _offset = offset;
        Length = length;
    }

    /// <summary>The front of a rented buffer that this value gives back.</summary>
    public PayloadBytes(byte[] rented, int length)
    {
        _rented = rented;
        Length = length;
    }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>All bytes as one span.</summary>
    /// <exception cref="InvalidOperationException">There are more than a span can hold.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            if (Length > int.MaxValue)
            {
                throw new InvalidOperationException(
                    $"A payload of {Length} bytes does not fit one span; use GetSequence.");
            }

            return _region is not null ? _region.Span(_offset, (int)Length) : _rented.AsSpan(0, (int)Length);
        }
    }

    /// <summary>All bytes as linked pieces of at most 1 GiB.</summary>
    public ReadOnlySequence<byte> Sequence
    {
        get
        {
            if (_region is null)
            {
                return new ReadOnlySequence<byte>(_rented.AsMemory(0, (int)Length));
            }

            return RegionMemory.Sequence(_region, _offset, Length);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        _region?.Release();
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
