using PackStore.Format;

namespace PackStore.Tests.Format;

/// <summary>
/// A whole artifact, with the plainest encoder and decoder that the format layer allows: FORMAT.md 3.3 to 3.6.
/// </summary>
internal sealed record SampleRecord(
    ArtifactKey Key, ulong Sequence, RecordMetadata Metadata, IReadOnlyList<byte[]> Outputs)
{
    public byte[]? StandardOutput { get; init; }

    public byte[]? StandardError { get; init; }

    public RecordFlags Flags =>
        (StandardOutput is null ? RecordFlags.None : RecordFlags.StandardOutput)
        | (StandardError is null ? RecordFlags.None : RecordFlags.StandardError);

    private byte[][] Payloads => [.. Outputs, .. new[] { StandardOutput, StandardError }.OfType<byte[]>()];

    public byte[] Encode()
    {
        byte[][] payloads = Payloads;
        byte[] key = new byte[ArtifactKey.MaxLength];
        int keyLength = Key.CopyTo(key);
        int metadataLength = (int)Metadata.Measure();
        int bodyEnd = (int)RecordBody.EndOffset(keyLength, payloads.Length, metadataLength);
        long length = payloads.Aggregate((long)bodyEnd, (at, p) => FormatLimits.AlignRecord(at) + p.Length);
        byte[] record = new byte[FormatLimits.AlignRecord(length)];
        long place = bodyEnd;
        for (int i = 0; i < payloads.Length; i++)
        {
            place = FormatLimits.AlignRecord(place);
            new PayloadDescriptor(
                (uint)place, PayloadEncoding.Raw, PayloadTier.Pack, false, payloads[i].Length, payloads[i].Length,
                Checksum.Of(payloads[i]))
                .Write(record.AsSpan(RecordBody.DescriptorsOffset(keyLength) + (i * PayloadDescriptorLayout.Size)));
            payloads[i].CopyTo(record.AsSpan((int)place));
            place += payloads[i].Length;
        }

        RecordBody.WriteKeyTail(record, key.AsSpan(0, keyLength));
        Metadata.Write(record.AsSpan((int)RecordBody.MetadataOffset(keyLength, payloads.Length), metadataLength));
        RecordBody.Seal(record, bodyEnd);
        new RecordHeader(
            RecordKind.Artifact, keyLength, Flags, record.Length, Outputs.Count, Sequence, metadataLength)
            .Write(record, key.AsSpan(0, keyLength));
        return record;
    }

    /// <summary>Reads an artifact's record and checks everything in it; null if anything is refused.</summary>
    public static SampleRecord? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < RecordHeaderLayout.Size
            || !RecordHeader.TryRead(bytes[..RecordHeaderLayout.Size], bytes.Length, out RecordHeader header)
            || header.Kind != RecordKind.Artifact)
        {
            return null;
        }

        ReadOnlySpan<byte> record = bytes[..header.RecordLength];
        if (!RecordBody.IsSound(record, header, out _, out _))
        {
            return null;
        }

        List<byte[]> payloads = [];
        long bodyEnd = RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor d = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (d.FindProblem(bodyEnd, record.Length) is not null || d.Tier != PayloadTier.Pack
                || Checksum.Of(record.Slice((int)d.Place, (int)d.StoredLength)) != d.Checksum)
            {
                return null;
            }

            payloads.Add(record.Slice((int)d.Place, (int)d.StoredLength).ToArray());
        }

        int metadataAt = (int)RecordBody.MetadataOffset(header.KeyLength, header.DescriptorCount);
        RecordMetadata? metadata =
            RecordMetadata.TryRead(record.Slice(metadataAt, header.MetadataLength), header.Count, out _);
        if (metadata is null)
        {
            return null;
        }

        int at = header.Count;
        return new SampleRecord(
            RecordBody.ReadKey(record, header.KeyLength), header.Sequence, metadata, payloads[..header.Count])
        {
            StandardOutput = header.Flags.HasFlag(RecordFlags.StandardOutput) ? payloads[at++] : null,
            StandardError = header.Flags.HasFlag(RecordFlags.StandardError) ? payloads[at] : null,
        };
    }

    /// <summary>Everything as text, to compare by.</summary>
    public string Describe() => string.Join(
        '\n',
        [
            $"{Key} {Sequence} {Flags}",
            Describe(Metadata),
            .. Payloads.Select(p => Convert.ToHexStringLower(p)),
        ]);

    public static string Describe(RecordMetadata m) => string.Join(
        '\n',
        [
            $"{m.StoredAtUnixMs} {m.ExitCode} {m.Provenance} {Hex(m.Extra)}",
            .. m.Names.Zip(m.Modes, (name, mode) => $"{name} {(mode is { } given ? (int)given : -1)}"),
            .. m.Verdicts.Select(v => string.Join(
                ' ', v.Name, v.ExitCode, Hex(v.StandardOutput), Hex(v.StandardError))),
        ]);

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
