using PackStore.Format;

namespace PackStore.Engine.Importing;

/// <summary>What a foreign index says of an artifact whose payloads nobody has read yet.</summary>
/// <param name="StoredAtUnixMs">When it was stored.</param>
/// <param name="ExitCode">Exit code.</param>
/// <param name="Names">Names of the outputs.</param>
/// <param name="Sizes">Their sizes.</param>
/// <param name="OutputBytes">Length of standard output.</param>
/// <param name="ErrorBytes">Length of standard error.</param>
internal readonly record struct ImportClaim(
    long StoredAtUnixMs, int ExitCode, IReadOnlyList<string> Names, IReadOnlyList<ulong> Sizes, int OutputBytes,
    int ErrorBytes)
{
    /// <summary>Whether a record that was checked came from a foreign store and is, as far as the claim goes, this very
    /// artifact.</summary>
    public bool IsOf(ReadOnlySpan<byte> record, in RecordHeader header)
    {
        if (header.Count != Names.Count || !HaveLengths(record, header))
        {
            return false;
        }

        int at = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        RecordMetadata? metadata = RecordMetadata.TryRead(record.Slice(at, header.MetadataLength), header.Count, out _);
        return metadata is not null && metadata.Provenance != ArtifactProvenance.Put
            && metadata.StoredAtUnixMs == StoredAtUnixMs && metadata.ExitCode == ExitCode
            && metadata.Names.SequenceEqual(Names, StringComparer.Ordinal);
    }

    private bool HaveLengths(ReadOnlySpan<byte> record, in RecordHeader header)
    {
        for (int i = 0; i < header.Count; i++)
        {
            if ((ulong)RecordBody.ReadDescriptor(record, header.KeyLength, i).Length != Sizes[i])
            {
                return false;
            }
        }

        int next = header.Count;
        long output = (header.Flags & RecordFlags.StandardOutput) == 0 ? 0
            : RecordBody.ReadDescriptor(record, header.KeyLength, next++).Length;
        long error = (header.Flags & RecordFlags.StandardError) == 0 ? 0
            : RecordBody.ReadDescriptor(record, header.KeyLength, next).Length;
        return output == OutputBytes && error == ErrorBytes;
    }
}
