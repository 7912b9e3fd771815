using System.Buffers;
using PackStore.Engine;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore;

/// <summary>
/// A counted right to read one artifact's payloads, across threads and <c>await</c>. Keeps its segment mapped until it
/// is disposed, also over the
/// store's own end.
/// </summary>
/// <remarks>Reading is thread-safe; dispose once, after the last use: memory got from it must not be touched
/// then.</remarks>
public sealed class PayloadOwner : IDisposable
{
    private readonly MappedRegion? _region;
    private readonly long _offset;
    private readonly ReadOnlyMemory<byte> _record;
    private readonly DetachedPayloads? _detached;
    private int _disposed;

    internal PayloadOwner(ArtifactMetadata metadata, MappedRegion region, long offset, int length,
        DetachedPayloads? detached)
    {
        Metadata = metadata;
        _region = region;
        _offset = offset;
        _record = new RegionMemory(region, offset, length).Memory;
        _detached = detached;
    }

    internal PayloadOwner(ArtifactMetadata metadata, byte[] record, DetachedPayloads? detached)
    {
        Metadata = metadata;
        _record = record;
        _detached = detached;
    }

    /// <summary>Number of outputs.</summary>
    public int Count => Metadata.Payloads.Count;

    /// <summary>What is known of the artifact.</summary>
    public ArtifactMetadata Metadata { get; }

    /// <summary>Standard output; empty if there was none.</summary>
    public ReadOnlyMemory<byte> StandardOutput =>
        Metadata.StandardOutputLength == 0 ? default : Single(Bytes(Count));

    /// <summary>Standard error; empty if there was none.</summary>
    public ReadOnlyMemory<byte> StandardError =>
        Metadata.StandardErrorLength == 0 ? default : Single(Bytes(Count + (Metadata.StandardOutputLength == 0 ? 0
            : 1)));

    /// <summary>The bytes of an output as one piece of memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such output.</exception>
    /// <exception cref="InvalidOperationException">It has more than 1 GiB: use <see cref="GetSequence"/>.</exception>
    public ReadOnlyMemory<byte> this[int index] => Single(GetSequence(index));

    /// <summary>The bytes of an output of any length, in pieces of at most 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such output.</exception>
    public ReadOnlySequence<byte> GetSequence(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, "There is no such output.");
        }

        return Bytes(index);
    }

    /// <summary>Gives the right back. Memory got from here must not be used any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _detached?.Dispose();
            _region?.Release();
        }
    }

    private static ReadOnlyMemory<byte> Single(in ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment
            ? bytes.First
            : throw new InvalidOperationException(
                $"A payload of {bytes.Length} bytes is not one piece; use GetSequence.");

    private ReadOnlySequence<byte> Bytes(int index)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (_detached?[index] is { } detached)
        {
            return detached.Sequence;
        }

        ReadOnlySpan<byte> record = _record.Span;
        PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, RecordHeader.ReadKeyLength(record), index);
        int length = (int)descriptor.StoredLength;
        return _region is null
            ? new ReadOnlySequence<byte>(_record.Slice((int)descriptor.Place, length))
            : RegionMemory.Sequence(_region, _offset + descriptor.Place, length);
    }
}
