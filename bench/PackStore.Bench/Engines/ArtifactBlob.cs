using System.Buffers.Binary;
using PackStore.Bench.Data;

namespace PackStore.Bench.Engines;

/// <summary>How a key-value engine keeps an artifact in one value:
/// <c>u32 metadata length | u32 payload count | u32 length of each | payloads | metadata</c>.</summary>
internal static class ArtifactBlob
{
    internal static int HeaderLength(int payloads) => 8 + (4 * payloads);

    internal static int Length(Corpus corpus, long artifact)
    {
        int length = HeaderLength(corpus.PayloadCount) + corpus.Metadata(artifact).Length;
        for (int p = 0; p < corpus.PayloadCount; p++)
        {
            length += corpus.PayloadLength(artifact, p);
        }

        return length;
    }

    internal static void WriteHeader(Corpus corpus, long artifact, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, corpus.Metadata(artifact).Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], corpus.PayloadCount);
        for (int p = 0; p < corpus.PayloadCount; p++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(destination[(8 + (4 * p))..], corpus.PayloadLength(artifact, p));
        }
    }

    internal static void Write(Corpus corpus, long artifact, Span<byte> destination)
    {
        WriteHeader(corpus, artifact, destination);
        int at = HeaderLength(corpus.PayloadCount);
        for (int p = 0; p < corpus.PayloadCount; p++)
        {
            ReadOnlySpan<byte> payload = corpus.Payload(artifact, p).Span;
            payload.CopyTo(destination[at..]);
            at += payload.Length;
        }

        corpus.Metadata(artifact).Span.CopyTo(destination[at..]);
    }

    /// <summary>Walks the payloads and reads the start of each, or all of each.</summary>
    internal static ulong Read(ReadOnlySpan<byte> blob, bool whole)
    {
        int payloads = BinaryPrimitives.ReadInt32LittleEndian(blob[4..]);
        int at = HeaderLength(payloads);
        ulong sum = 0;
        for (int p = 0; p < payloads; p++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(blob[(8 + (4 * p))..]);
            ReadOnlySpan<byte> payload = blob.Slice(at, length);
            sum += whole ? Consume.All(payload) : Consume.Start(payload);
            at += length;
        }

        return sum;
    }
}
