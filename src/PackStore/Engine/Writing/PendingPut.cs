using PackStore.Format;

namespace PackStore.Engine.Writing;

/// <summary>One artifact whose files are not copied yet: what it was put with, and its record in memory.</summary>
internal sealed class PendingPut(
    ArtifactKey key, ArtifactOutcome outcome, IReadOnlyList<ArtifactPayload> payloads, byte[] record, string?[] paths)
{
    public ArtifactKey Key => key;

    public ArtifactOutcome Outcome => outcome;

    public IReadOnlyList<ArtifactPayload> Payloads => payloads;

    /// <summary>A record as in a segment, but that payloads may be of the pending tier.</summary>
    public byte[] Record => record;

    /// <summary>The caller's files by descriptor.</summary>
    public IReadOnlyList<string?> Paths => paths;

    /// <summary>Whether a record made later has the same bytes in every payload.</summary>
    public bool IsSameContent(EncodedPut other)
    {
        ReadOnlySpan<byte> front = other.Record!.Front.Span;
        RecordHeader mine = RecordHeader.ReadUnchecked(record);
        RecordHeader theirs = RecordHeader.ReadUnchecked(front);
        if (mine.DescriptorCount != theirs.DescriptorCount)
        {
            return false;
        }

        for (int i = 0; i < mine.DescriptorCount; i++)
        {
            PayloadDescriptor a = RecordBody.ReadDescriptor(record, mine.KeyLength, i);
            PayloadDescriptor b = RecordBody.ReadDescriptor(front, theirs.KeyLength, i);
            // A pending payload was checksummed raw. Other payloads are encoded from memory that nobody else has.
            ulong checksum = b.Encoding == PayloadEncoding.Zstd && other.RawChecksums is { } raw
                ? raw.GetValueOrDefault(i, b.Checksum)
                : b.Checksum;
            if (a.Length != b.Length || (a.Tier == PayloadTier.Pending && a.Checksum != checksum))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Removes the loose files that only the record in memory names.</summary>
    public void DropLooseFiles(StoreCore core)
    {
        RecordHeader header = RecordHeader.ReadUnchecked(record);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Loose)
            {
                core.Loose.Delete(StoreFileNames.LooseFile(key.Bytes, i, descriptor.Place));
            }
        }
    }
}
