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
        PreparedRecord? record = TryBegin(
            key, hash, metadata.Names.Count, metadataLength, payloads, streams, hour, maxLength, out Span<byte> room);
        if (record is not null)
        {
            metadata.Write(room);
            record.Finish(payloads, room.Length);
        }

        return record;
    }

    /// <summary>Encodes an artifact that stands in a segment anew: the same but for where its payloads are and how they
    /// are stored. The sequence number is kept.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="metadata">Its metadata, as it stands.</param>
    /// <param name="payloads">Outputs and streams as they are to be.</param>
    public static PreparedRecord Reencode(
        in RecordHeader header, in ArtifactKey key, ulong hash, ReadOnlySpan<byte> metadata,
        ReadOnlySpan<StoredPayload> payloads)
    {
        PreparedRecord record = TryBegin(
            key, hash, header.Count, metadata.Length, payloads,
            header.Flags & (RecordFlags.StandardOutput | RecordFlags.StandardError), 0, int.MaxValue,
            out Span<byte> room)!;
        metadata.CopyTo(room);
        record.Finish(payloads, room.Length);
        record.SetSequence(header.Sequence);
        return record;
    }

    /// <summary>How long a record is whose payloads are these, without encoding it.</summary>
    public static long Measure(
        int keyLength, long metadataLength, ReadOnlySpan<StoredPayload> payloads, out int phase,
        out RecordFlags flags) =>
        PlacePayloads(
            payloads, RecordBody.MetadataOffset(keyLength, payloads.Length) + metadataLength,
            new long[payloads.Length], out phase, out flags);

    /// <summary>The whole record in one piece.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[RecordLength];
        Front.CopyTo(bytes);
        int at = _bufferLength;
        foreach (ReadOnlyMemory<byte> piece in Rest)
        {
            piece.CopyTo(bytes.AsMemory(at));
            at += piece.Length;
        }

        return bytes;
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

    /// <summary>Makes a record with everything before its metadata, whose room is given; null if it would be too
    /// long.</summary>
    private static PreparedRecord? TryBegin(
        in ArtifactKey key, ulong hash, int count, long metadataLength, ReadOnlySpan<StoredPayload> payloads,
        RecordFlags streams, int hour, long maxLength, out Span<byte> room)
    {
        room = default;
        long bodyEnd = RecordBody.MetadataOffset(key.Length, payloads.Length) + metadataLength;
        Span<long> places = payloads.Length <= 32 ? stackalloc long[32] : new long[payloads.Length];
        places = places[..payloads.Length];
        long length = PlacePayloads(payloads, bodyEnd, places, out int phase, out RecordFlags flags);
        if (length > maxLength)
        {
            return null;
        }

        int bufferLength = (int)(length <= CopyUpTo ? length : FormatLimits.AlignRecord(bodyEnd));
        PreparedRecord record = new(key, hash, RecordKind.Artifact, (int)length, bufferLength)
        {
            PayloadCount = count,
            Hour = hour,
            Loose = CountLoose(payloads),
            Phase = phase,
        };
        Span<byte> buffer = record._buffer.AsSpan(0, bufferLength);
        new RecordHeader(RecordKind.Artifact, key.Length, flags | streams, (int)length, count, 0, (int)metadataLength)
            .Write(buffer, key.Bytes);
        RecordBody.WriteKeyTail(buffer, key.Bytes);
        int at = RecordBody.DescriptorsOffset(key.Length);
        for (int i = 0; i < payloads.Length; i++, at += PayloadDescriptorLayout.Size)
        {
            PayloadDescriptor d = payloads[i].Descriptor;
            (d.Tier == PayloadTier.Pack ? d with { Place = (uint)places[i] } : d).Write(buffer[at..]);
        }

        room = buffer[at..(int)bodyEnd];
        return record;
    }

    /// <summary>Adds what follows the metadata, which stands in its room.</summary>
    private void Finish(ReadOnlySpan<StoredPayload> payloads, int metadataLength)
    {
        int bodyEnd = (int)RecordBody.MetadataOffset(Key.Length, payloads.Length) + metadataLength;
        RecordBody.Seal(_buffer.AsSpan(0, _bufferLength), bodyEnd);
        Span<long> places = payloads.Length <= 32 ? stackalloc long[32] : new long[payloads.Length];
        places = places[..payloads.Length];
        PlacePayloads(payloads, bodyEnd, places, out _, out _);
        AddPayloads(payloads, places, bodyEnd, RecordLength <= CopyUpTo, _bufferLength);
    }

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
