using System.Buffers.Binary;
using PackStore.Format;

namespace PackStore.Engine.Importing;

/// <summary>Compares two records by what they hold, not by where, when and how it came to be there.</summary>
internal static class RecordContent
{
    private const RecordFlags Streams = RecordFlags.StandardOutput | RecordFlags.StandardError;

    /// <summary>Whether names, modes, exit code, verdicts, extra bytes, and lengths and checksums of all payloads are
    /// equal. Where a payload is compressed its checksum says nothing of its bytes, and equal lengths with an equal
    /// stored-at have to do. Either may end behind its metadata.</summary>
    public static bool IsSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        RecordHeader a = RecordHeader.ReadUnchecked(left);
        RecordHeader b = RecordHeader.ReadUnchecked(right);
        if (a.KeyLength != b.KeyLength || a.Count != b.Count || a.MetadataLength != b.MetadataLength
            || (a.Flags & Streams) != (b.Flags & Streams))
        {
            return false;
        }

        int at = (int)RecordBody.MetadataOffset(a.KeyLength, a.DescriptorCount);
        left = left[..(at + a.MetadataLength)];
        right = right[..(at + b.MetadataLength)];
        bool sameTime = StoredAt(left, a) == StoredAt(right, b);
        for (int i = 0; i < a.DescriptorCount; i++)
        {
            PayloadDescriptor x = RecordBody.ReadDescriptor(left, a.KeyLength, i);
            PayloadDescriptor y = RecordBody.ReadDescriptor(right, b.KeyLength, i);
            bool isRaw = x.Encoding == PayloadEncoding.Raw && y.Encoding == PayloadEncoding.Raw;
            if (x.Length != y.Length || (isRaw ? x.Checksum != y.Checksum : !sameTime))
            {
                return false;
            }
        }

        ReadOnlySpan<byte> m = left[at..];
        ReadOnlySpan<byte> n = right[at..];
        return m.Slice(RecordMetadataLayout.ExitCodeOffset, RecordMetadataLayout.ExitCodeSize).SequenceEqual(
                n.Slice(RecordMetadataLayout.ExitCodeOffset, RecordMetadataLayout.ExitCodeSize))
            && m[RecordMetadataLayout.VerdictCountOffset..].SequenceEqual(n[RecordMetadataLayout.VerdictCountOffset..]);
    }

    /// <summary>When an artifact was stored, milliseconds since 1970.</summary>
    public static long StoredAt(ReadOnlySpan<byte> record, in RecordHeader header) =>
        BinaryPrimitives.ReadInt64LittleEndian(record[(Metadata(header) + RecordMetadataLayout.StoredAtOffset)..]);

    /// <summary>How an artifact came into its store.</summary>
    public static ArtifactProvenance Provenance(ReadOnlySpan<byte> record, in RecordHeader header) =>
        (ArtifactProvenance)record[Metadata(header) + RecordMetadataLayout.ProvenanceOffset];

    private static int Metadata(in RecordHeader header) =>
        (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
}
