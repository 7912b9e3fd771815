using System.Buffers;
using PackStore.Format;
using PackStore.Loose;
using PackStore.Storage;

namespace PackStore.Compaction.Rewriting;

/// <summary>A record that is copied, all of whose checksums were found right: in memory, or, where it is long, only its
/// front.</summary>
/// <param name="front">The record up to the end of its metadata at least.</param>
/// <param name="file">Where the rest is read from; null if all of it is in the front.</param>
/// <param name="offset">Where the record starts in the file.</param>
internal readonly struct SourceRecord(ReadOnlyMemory<byte> front, IStoreFile? file, long offset)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>The front.</summary>
    public ReadOnlySpan<byte> Front => front.Span;

    /// <summary>The header.</summary>
    public RecordHeader Header => RecordHeader.ReadUnchecked(front.Span);

    /// <summary>The metadata as it stands.</summary>
    public ReadOnlySpan<byte> Metadata
    {
        get
        {
            RecordHeader header = Header;
            return front.Span.Slice(
                (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount), header.MetadataLength);
        }
    }

    /// <summary>Outputs and streams, as they are stored.</summary>
    public PayloadDescriptor[] ReadDescriptors() => RecordBody.ReadDescriptors(front.Span, Header);

    /// <summary>The stored bytes of a payload in the segment. The caller bounds their length.</summary>
    public ReadOnlyMemory<byte> Read(in PayloadDescriptor payload)
    {
        int length = (int)payload.StoredLength;
        if (file is null)
        {
            return front.Slice((int)payload.Place, length);
        }

        byte[] bytes = new byte[length];
        return file.Read(offset + payload.Place, bytes) == length
            ? bytes
            : throw new IOException("the file ends within a record");
    }

    /// <summary>Writes the stored bytes of a payload into a loose file, piece by piece.</summary>
    public void CopyTo(LooseWriter writer, in PayloadDescriptor payload)
    {
        if (file is null)
        {
            writer.Write(Read(payload).Span);
            return;
        }

        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (long at = 0; at < payload.StoredLength;)
            {
                int wanted = (int)Math.Min(PieceBytes, payload.StoredLength - at);
                if (file.Read(offset + payload.Place + at, piece.AsSpan(0, wanted)) < wanted)
                {
                    throw new IOException("the file ends within a record");
                }

                writer.Write(piece.AsSpan(0, wanted));
                at += wanted;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
