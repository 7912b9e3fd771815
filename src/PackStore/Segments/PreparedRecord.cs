using System.Buffers;
using PackStore.Format;

namespace PackStore.Segments;

/// <summary>
/// A record encoded but for its sequence number, as pieces that go out in one gathered write. Made without a lock.
/// </summary>
internal sealed class PreparedRecord : IDisposable
{
    /// <summary>Records up to this length are copied into one buffer: cheaper than gathering.</summary>
    private const int CopyUpTo = 128 << 10;

    private static readonly byte[] s_zeros = new byte[FormatLimits.BlockAlignment];
    private readonly byte[] _buffer;
    private readonly int _bufferLength;
    private List<ReadOnlyMemory<byte>>? _pieces;

    private PreparedRecord(in ArtifactKey key, ulong hash, RecordKind kind, int recordLength, int bufferLength)
    {
        Key = key;
        Hash = hash;
        Kind = kind;
        RecordLength = recordLength;
        _bufferLength = bufferLength;
        _buffer = ArrayPool<byte>.Shared.Rent(bufferLength);
    }

    /// <summary>The artifact's key.</summary>
    public ArtifactKey Key { get; }

    /// <summary>Its hash.</summary>
    public ulong Hash { get; }

    /// <summary>Artifact or tombstone.</summary>
    public RecordKind Kind { get; }

    /// <summary>Length of the record in bytes.</summary>
    public int RecordLength { get; }

    /// <summary>What the record's offset must be modulo 4096, or -1 if that does not matter.</summary>
    public int Phase { get; private set; } = -1;

    /// <summary>Number of outputs.</summary>
    public int PayloadCount { get; private init; }

    /// <summary>Bytes and number of its loose files.</summary>
    public (int Files, long Bytes) Loose { get; private init; }

    /// <summary>The hour at which it counts as last used.</summary>
    public int Hour { get; init; }

    /// <summary>Where it was put; set by the appender.</summary>
    public long Offset { get; set; }

    /// <summary>Whether the index leads to it; set by the write path. Its loose files must then stay, whatever fails
    /// after.</summary>
    public bool IsPublished { get; set; }

    /// <summary>The first piece: header, table and metadata, and in a short record the payloads too.</summary>
    public ReadOnlyMemory<byte> Front => _buffer.AsMemory(0, _bufferLength);

    /// <summary>The pieces behind the front, one behind the other.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Rest => _pieces is null ? [] : _pieces;

    /// <summary>Encodes an artifact.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="metadata">Names and the rest.</param>
    /// <param name="metadataLength">What <see cref="RecordMetadata.Measure"/> said.</param>
    /// <param name="payloads">Outputs in order, then standard output and standard error where they are not
    /// empty.</param>
    /// <param name="streams">Which streams are there.</param>
    /// <param name="hour">The hour at which it counts as last used.</param>
    /// <returns>The record, or null if it would be longer than <paramref name="maxLength"/>.</returns>
    /// <param name="maxLength">The most a segment can hold.</param>
    public static PreparedRecord? TryEncode(
        in ArtifactKey key, ulong hash, RecordMetadata metadata, long metadataLength,
        ReadOnlySpan<StoredPayload> payloads, RecordFlags streams, int hour, long maxLength)
    {
        long bodyEnd = RecordBody.MetadataOffset(key.Length, payloads.Length) + metadataLength;
        Span<long> places = payloads.Length <= 32 ? stackalloc long[32] : new long[payloads.Length];
        places = places[..payloads.Length];
        long length = PlacePayloads(payloads, bodyEnd, places, out int phase, out RecordFlags flags);
        if (length > maxLength)
        {
            return null;
        }

        bool copy = length <= CopyUpTo;
        int bufferLength = (int)(copy ? length : FormatLimits.AlignRecord(bodyEnd));
        PreparedRecord record = new(key, hash, RecordKind.Artifact, (int)length, bufferLength)
        {
            PayloadCount = metadata.Names.Count,
            Hour = hour,
            Loose = CountLoose(payloads),
            Phase = phase,
        };
        RecordHeader header = new(
            RecordKind.Artifact, key.Length, flags | streams, (int)length, metadata.Names.Count, 0,
                (int)metadataLength);
        Span<byte> buffer = record._buffer.AsSpan(0, bufferLength);
        header.Write(buffer, key.Bytes);
        RecordBody.WriteKeyTail(buffer, key.Bytes);
        int at = RecordBody.DescriptorsOffset(key.Length);
        for (int i = 0; i < payloads.Length; i++, at += PayloadDescriptorLayout.Size)
        {
            PayloadDescriptor d = payloads[i].Descriptor;
            (d.Tier == PayloadTier.Pack ? d with { Place = (uint)places[i] } : d).Write(buffer[at..]);
        }

        metadata.Write(buffer[at..(int)bodyEnd]);
        RecordBody.Seal(buffer, (int)bodyEnd);
        record.AddPayloads(payloads, places, bodyEnd, copy, bufferLength);
        return record;
    }

    /// <summary>Encodes the removal of a key.</summary>
    public static PreparedRecord Tombstone(in ArtifactKey key, ulong hash)
    {
        int bodyEnd = RecordBody.DescriptorsOffset(key.Length);
        int length = (int)FormatLimits.AlignRecord(bodyEnd);
        PreparedRecord record = new(key, hash, RecordKind.Tombstone, length, length);
        Span<byte> buffer = record._buffer.AsSpan(0, length);
        buffer.Clear();
        new RecordHeader(RecordKind.Tombstone, key.Length, RecordFlags.None, length, 0, 0, 0).Write(buffer, key.Bytes);
        RecordBody.WriteKeyTail(buffer, key.Bytes);
        RecordBody.Seal(buffer, bodyEnd);
        return record;
    }

    /// <summary>Puts the sequence number in. Under the write lock, just before the write.</summary>
    public void SetSequence(ulong sequence) => RecordHeader.WriteSequence(_buffer, sequence);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    /// <summary>Decides where each payload starts: small ones on cache lines, large ones where the file's blocks
    /// start.</summary>
    private static long PlacePayloads(
        ReadOnlySpan<StoredPayload> payloads, long bodyEnd, Span<long> places, out int phase, out RecordFlags flags)
    {
        long at = FormatLimits.AlignRecord(bodyEnd);
        phase = -1;
        flags = RecordFlags.None;
        for (int i = 0; i < payloads.Length; i++)
        {
            PayloadDescriptor d = payloads[i].Descriptor;
            if (d.Tier != PayloadTier.Pack)
            {
                flags |= RecordFlags.Detached | RecordFlags.Loose;
                continue;
            }

            flags |= d.Encoding == PayloadEncoding.Raw ? RecordFlags.None : RecordFlags.Detached;
            at = FormatLimits.AlignRecord(at);
            if (d.StoredLength >= FormatLimits.BlockAlignedFrom)
            {
                if (phase < 0)
                {
                    phase = (int)(-at & (FormatLimits.BlockAlignment - 1));
                }

                at += -(at + phase) & (FormatLimits.BlockAlignment - 1);
            }

            places[i] = at;
            at += d.StoredLength;
        }

        return FormatLimits.AlignRecord(at);
    }

    private static (int Files, long Bytes) CountLoose(ReadOnlySpan<StoredPayload> payloads)
    {
        int files = 0;
        long bytes = 0;
        foreach (StoredPayload payload in payloads)
        {
            if (payload.Descriptor.Tier == PayloadTier.Loose)
            {
                files++;
                bytes += payload.Descriptor.StoredLength;
            }
        }

        return (files, bytes);
    }

    private void AddPayloads(
        ReadOnlySpan<StoredPayload> payloads, ReadOnlySpan<long> places, long bodyEnd, bool copy, int bufferLength)
    {
        long at = copy ? bodyEnd : bufferLength;
        if (!copy)
        {
            _pieces = [];
            _buffer.AsSpan((int)bodyEnd, bufferLength - (int)bodyEnd).Clear();
        }

        for (int i = 0; i < payloads.Length; i++)
        {
            if (payloads[i].Descriptor.Tier != PayloadTier.Pack)
            {
                continue;
            }

            if (copy)
            {
                _buffer.AsSpan((int)at, (int)(places[i] - at)).Clear();
                payloads[i].Bytes.CopyTo(_buffer.AsSpan((int)places[i]));
                at = places[i] + payloads[i].Bytes.Length;
                continue;
            }

            AddZeros(places[i] - at);
            foreach (ReadOnlyMemory<byte> piece in payloads[i].Bytes)
            {
                _pieces!.Add(piece);
            }

            at = places[i] + payloads[i].Bytes.Length;
        }

        if (copy)
        {
            _buffer.AsSpan((int)at, RecordLength - (int)at).Clear();
        }
        else
        {
            AddZeros(RecordLength - at);
        }
    }

    private void AddZeros(long count)
    {
        if (count > 0)
        {
            _pieces!.Add(s_zeros.AsMemory(0, (int)count));
        }
    }
}
