using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>Records one behind the other, walked as recovery does: a bad one is skipped line by line.</summary>
internal sealed class RecordTarget : IFuzzTarget
{
    public string Name => "record";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        Samples.Artifact(4, 0, RecordFlags.None),
        Samples.Artifact(32, 2, RecordFlags.StandardOutput),
        Samples.Artifact(64, 3, RecordFlags.All),
        [
            .. Samples.Tombstone(20), .. Samples.Tombstone(64), .. Padding(),
            .. Samples.Artifact(33, 1, RecordFlags.None),
        ],
        [.. Samples.Artifact(1, 1, RecordFlags.StandardError), .. Samples.Directory(1, 0, 1)],
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        bool accepted = false;
        for (int at = 0; input.Length - at >= RecordHeaderLayout.Size;)
        {
            ReadOnlySpan<byte> line = input.Slice(at, RecordHeaderLayout.Size);
            if (RecordHeader.TryRead(line, input.Length - at, out RecordHeader header))
            {
                CheckHeader(line, header);
                accepted |= CheckBody(input.Slice(at, header.RecordLength), header);
                at += header.RecordLength;
            }
            else
            {
                at += FormatLimits.RecordAlignment;
            }
        }

        return accepted;
    }

    public void Repair(Span<byte> input)
    {
        for (int at = 0; input.Length - at >= RecordHeaderLayout.Size;)
        {
            Span<byte> rest = input[at..];
            Samples.RepairRecord(rest);
            at += RecordHeader.TryRead(rest[..RecordHeaderLayout.Size], rest.Length, out RecordHeader header)
                ? header.RecordLength
                : FormatLimits.RecordAlignment;
        }
    }

    private static byte[] Padding()
    {
        byte[] record = new byte[FormatLimits.RecordAlignment];
        new RecordHeader(RecordKind.Padding, 0, RecordFlags.None, record.Length, 0, 0, 0).Write(record, []);
        return record;
    }

    private static void CheckHeader(ReadOnlySpan<byte> line, in RecordHeader header)
    {
        byte[] encoded = new byte[RecordHeaderLayout.Size];
        header.Write(encoded, line.Slice(RecordHeaderLayout.KeyOffset, RecordHeaderLayout.KeySize));
        FuzzFailureException.Require(
            RecordHeader.TryRead(encoded, header.RecordLength, out RecordHeader again) && again == header,
            "a header encodes again");
    }

    private static bool CheckBody(ReadOnlySpan<byte> record, in RecordHeader header)
    {
        switch (header.Kind)
        {
            case RecordKind.Padding:
                return true;
            case RecordKind.Directory:
                return DirectoryBlockTarget.Check(record, header);
            default:
                // A reader takes the key before it knows whether the body is sound.
                ArtifactKey key = RecordBody.ReadKey(record, header.KeyLength);
                FuzzFailureException.Require(key.Length == header.KeyLength, "a key has the header's length");
                return RecordBody.IsSound(record, header, out _, out _)
                    && (header.Kind == RecordKind.Tombstone || CheckArtifact(record, header));
        }
    }

    private static bool CheckArtifact(ReadOnlySpan<byte> record, in RecordHeader header)
    {
        long end = RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        Span<byte> encoded = stackalloc byte[PayloadDescriptorLayout.Size];
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.FindProblem(end, header.RecordLength) is not null)
            {
                return false;
            }

            descriptor.Write(encoded);
            FuzzFailureException.Require(PayloadDescriptor.Read(encoded) == descriptor, "a descriptor encodes again");
            if (descriptor.Tier == PayloadTier.Pack)
            {
                _ = Checksum.Of(record.Slice((int)descriptor.Place, (int)descriptor.StoredLength));
            }
        }

        int at = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        return MetadataTarget.Check(record.Slice(at, header.MetadataLength), header.Count);
    }
}
