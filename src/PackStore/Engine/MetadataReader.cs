using PackStore.Format;

namespace PackStore.Engine;

/// <summary>Makes the public metadata of a record. Allocates; not on the hit path.</summary>
internal static class MetadataReader
{
    /// <summary>Decodes a record that was checked; null if its metadata does not make sense.</summary>
    public static ArtifactMetadata? TryRead(StoreCore core, ReadOnlySpan<byte> record, int segmentId, long offset,
        int hour)
    {
        RecordHeader header = RecordHeader.ReadUnchecked(record);
        int at = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        RecordMetadata? metadata = RecordMetadata.TryRead(record.Slice(at, header.MetadataLength), header.Count,
            out string problem);
        if (metadata is null)
        {
            core.Log.Damaged(StoreFileNames.Segment(segmentId), offset, problem);
            return null;
        }

        PayloadInfo[] payloads = new PayloadInfo[header.Count];
        for (int i = 0; i < payloads.Length; i++)
        {
            payloads[i] = Describe(
                RecordBody.ReadDescriptor(record, header.KeyLength, i), metadata.Names[i], metadata.Modes[i],
                    segmentId, offset);
        }

        long standardOutput = 0;
        long standardError = 0;
        int next = header.Count;
        if (header.Flags.HasFlag(RecordFlags.StandardOutput))
        {
            standardOutput = RecordBody.ReadDescriptor(record, header.KeyLength, next++).Length;
        }

        if (header.Flags.HasFlag(RecordFlags.StandardError))
        {
            standardError = RecordBody.ReadDescriptor(record, header.KeyLength, next).Length;
        }

        DateTimeOffset storedAt = TimeOf(metadata.StoredAtUnixMs);
        return new ArtifactMetadata(RecordBody.ReadKey(record, header.KeyLength), payloads)
        {
            ExitCode = metadata.ExitCode,
            StandardOutputLength = standardOutput,
            StandardErrorLength = standardError,
            Verdicts = metadata.Verdicts,
            Extra = metadata.Extra,
            StoredAt = storedAt,
            LastUsed = core.TimeOf(hour),
            Provenance = metadata.Provenance,
        };
    }

    private static PayloadInfo Describe(
        in PayloadDescriptor descriptor, string name, UnixFileMode? mode, int segmentId, long offset) =>
        new(name, descriptor.Length, descriptor.StoredLength)
        {
            Encoding = descriptor.Encoding,
            Tier = descriptor.Tier,
            Mode = mode,
            Checksum = descriptor.Tier == PayloadTier.Pending ? 0 : descriptor.Checksum,
            SegmentId = segmentId,
            SegmentOffset = descriptor.Tier == PayloadTier.Pack ? offset + descriptor.Place : offset,
        };

    /// <summary>A time from disk, kept inside what the type can hold.</summary>
    private static DateTimeOffset TimeOf(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
            unixMs, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
                DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
