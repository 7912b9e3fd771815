using System.Text;
using PackStore.Format;

namespace PackStore.Fuzz.Targets;

/// <summary>Metadata of an artifact. The first byte of an input is the number of outputs, 255 for 2^20.</summary>
internal sealed class MetadataTarget : IFuzzTarget
{
    public string Name => "metadata";

    public IReadOnlyList<byte[]> Seeds() => [Seed(0), Seed(1), Seed(4), Seed(40)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return false;
        }

        int count = input[0] == byte.MaxValue ? FormatLimits.MaxPayloads : input[0];
        return Check(input[1..], count);
    }

    public void Repair(Span<byte> input)
    {
        // Its checksum is the record's.
    }

    /// <summary>Parses; whether it is accepted. Throws if it does not encode again.</summary>
    public static bool Check(ReadOnlySpan<byte> bytes, int count)
    {
        if (RecordMetadata.TryRead(bytes, count, out _) is not { } read)
        {
            return false;
        }

        // Bytes that are no UTF-8 are read as U+FFFD, three bytes for one: such a name may be too long to write.
        if (read.Names.Concat(read.Verdicts.Select(v => v.Name)).All(IsWritable))
        {
            byte[] encoded = new byte[read.Measure()];
            read.Write(encoded);
            FuzzFailureException.Require(
                RecordMetadata.TryRead(encoded, count, out _) is { } again && AreSame(read, again), "encodes again");
        }

        return true;
    }

    private static bool IsWritable(string name) => Encoding.UTF8.GetByteCount(name) <= FormatLimits.MaxNameBytes;

    private static bool AreSame(RecordMetadata a, RecordMetadata b) =>
        a.StoredAtUnixMs == b.StoredAtUnixMs && a.ExitCode == b.ExitCode && a.Provenance == b.Provenance
        && a.Names.SequenceEqual(b.Names) && a.Modes.SequenceEqual(b.Modes)
        && a.Extra.Span.SequenceEqual(b.Extra.Span) && a.Verdicts.Count == b.Verdicts.Count
        && a.Verdicts.Zip(b.Verdicts, AreSame).All(same => same);

    private static bool AreSame(ArtifactVerdict a, ArtifactVerdict b) =>
        a.Name == b.Name && a.ExitCode == b.ExitCode
        && a.StandardOutput.Span.SequenceEqual(b.StandardOutput.Span)
        && a.StandardError.Span.SequenceEqual(b.StandardError.Span);

    private static byte[] Seed(int outputs)
    {
        RecordMetadata metadata = Samples.Metadata(outputs);
        byte[] bytes = new byte[1 + metadata.Measure()];
        bytes[0] = (byte)outputs;
        metadata.Write(bytes.AsSpan(1));
        return bytes;
    }
}
