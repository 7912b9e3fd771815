using System.Buffers.Binary;
using System.Text;

namespace PackStore.Format;

/// <summary>Offsets and sizes of the fixed front of an artifact's metadata.</summary>
internal static class RecordMetadataLayout
{
    public const int StoredAtOffset = 0;
    public const int StoredAtSize = 8;
    public const int ExitCodeOffset = 8;
    public const int ExitCodeSize = 4;
    public const int ProvenanceOffset = 12;
    public const int ProvenanceSize = 1;
    public const int ReservedOffset = 13;
    public const int ReservedSize = 3;
    public const int VerdictCountOffset = 16;
    public const int VerdictCountSize = 4;
    public const int ExtraLengthOffset = 20;
    public const int ExtraLengthSize = 4;
    public const int Size = 24;
}

/// <summary>Names, modes, exit code, times, verdicts and extra bytes of an artifact.</summary>
/// <remarks>Behind the fixed front: for each output 2 bytes name length and 2 bytes mode (bit 15: a mode is given), the
/// names,
/// for each verdict 16 bytes of lengths with its name and streams, then the extra bytes.</remarks>
internal sealed class RecordMetadata
{
    private const int NameEntryBytes = 4;
    private const int VerdictFrontBytes = 16;
    private const ushort HasMode = 0x8000;
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    public long StoredAtUnixMs { get; init; }

    public int ExitCode { get; init; }

    public ArtifactProvenance Provenance { get; init; }

    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<UnixFileMode?> Modes { get; init; } = [];

    public IReadOnlyList<ArtifactVerdict> Verdicts { get; init; } = [];

    public ReadOnlyMemory<byte> Extra { get; init; }

    /// <summary>UTF-8 length of a name.</summary>
    /// <exception cref="ArgumentException">It is longer than the format allows, or has unpaired surrogates.</exception>
    public static int MeasureName(string name, string parameter)
    {
        int length;
        try
        {
            length = s_strictUtf8.GetByteCount(name);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("A name is not valid UTF-16.", parameter, e);
        }

        return length <= FormatLimits.MaxNameBytes
            ? length
            : throw new ArgumentException(
                $"A name has {length} bytes of UTF-8; at most {FormatLimits.MaxNameBytes} are allowed.", parameter);
    }

    /// <summary>Bytes this metadata takes.</summary>
    public long Measure()
    {
        long total = RecordMetadataLayout.Size + ((long)Names.Count * NameEntryBytes) + Extra.Length;
        foreach (string name in Names)
        {
            total += MeasureName(name, "payloads");
        }

        foreach (ArtifactVerdict verdict in Verdicts)
        {
            total += VerdictFrontBytes + MeasureName(verdict.Name, "outcome")
                + (long)verdict.StandardOutput.Length + verdict.StandardError.Length;
        }

        return total;
    }

    /// <summary>Writes it into exactly the measured bytes.</summary>
    public void Write(Span<byte> d)
    {
        BinaryPrimitives.WriteInt64LittleEndian(d, StoredAtUnixMs);
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordMetadataLayout.ExitCodeOffset..], ExitCode);
        d.Slice(RecordMetadataLayout.ProvenanceOffset, 4).Clear();
        d[RecordMetadataLayout.ProvenanceOffset] = (byte)Provenance;
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordMetadataLayout.VerdictCountOffset..], Verdicts.Count);
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordMetadataLayout.ExtraLengthOffset..], Extra.Length);
        int entry = RecordMetadataLayout.Size;
        int at = entry + (Names.Count * NameEntryBytes);
        for (int i = 0; i < Names.Count; i++, entry += NameEntryBytes)
        {
            int length = s_strictUtf8.GetBytes(Names[i], d[at..]);
            BinaryPrimitives.WriteUInt16LittleEndian(d[entry..], (ushort)length);
            BinaryPrimitives.WriteUInt16LittleEndian(d[(entry + 2)..], Modes[i] is { } m ? (ushort)((int)m | HasMode)
                : (ushort)0);
            at += length;
        }

        foreach (ArtifactVerdict verdict in Verdicts)
        {
            at += WriteVerdict(d[at..], verdict);
        }

        Extra.Span.CopyTo(d[at..]);
    }

    /// <summary>Reads it; null if a length does not fit, with what was wrong.</summary>
    public static RecordMetadata? TryRead(ReadOnlySpan<byte> s, int count, out string problem)
    {
        problem = "metadata is shorter than its front";
        if (s.Length < RecordMetadataLayout.Size + ((long)count * NameEntryBytes))
        {
            return null;
        }

        int verdictCount = BinaryPrimitives.ReadInt32LittleEndian(s[RecordMetadataLayout.VerdictCountOffset..]);
        int extraLength = BinaryPrimitives.ReadInt32LittleEndian(s[RecordMetadataLayout.ExtraLengthOffset..]);
        string[] names = new string[count];
        UnixFileMode?[] modes = new UnixFileMode?[count];
        int at = RecordMetadataLayout.Size + (count * NameEntryBytes);
        if (!TryReadNames(s, names, modes, ref at) || verdictCount < 0
            || verdictCount > (s.Length - at) / VerdictFrontBytes)
        {
            problem = $"names or {verdictCount} verdicts do not fit into {s.Length} bytes of metadata";
            return null;
        }

        ArtifactVerdict[] verdicts = new ArtifactVerdict[verdictCount];
        for (int i = 0; i < verdictCount; i++)
        {
            if (!TryReadVerdict(s, ref at, out verdicts[i]!))
            {
                problem = $"verdict {i} does not fit into {s.Length} bytes of metadata";
                return null;
            }
        }

        if (extraLength != s.Length - at)
        {
            problem = $"extra length {extraLength}, {s.Length - at} bytes are left";
            return null;
        }

        return new RecordMetadata
        {
            StoredAtUnixMs = BinaryPrimitives.ReadInt64LittleEndian(s),
            ExitCode = BinaryPrimitives.ReadInt32LittleEndian(s[RecordMetadataLayout.ExitCodeOffset..]),
            Provenance = (ArtifactProvenance)s[RecordMetadataLayout.ProvenanceOffset],
            Names = names,
            Modes = modes,
            Verdicts = verdicts,
            Extra = s[at..].ToArray(),
        };
    }

    private static int WriteVerdict(Span<byte> d, ArtifactVerdict verdict)
    {
        int nameLength = s_strictUtf8.GetBytes(verdict.Name, d[VerdictFrontBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(d, verdict.ExitCode);
        BinaryPrimitives.WriteInt32LittleEndian(d[4..], nameLength);
        BinaryPrimitives.WriteInt32LittleEndian(d[8..], verdict.StandardOutput.Length);
        BinaryPrimitives.WriteInt32LittleEndian(d[12..], verdict.StandardError.Length);
        int at = VerdictFrontBytes + nameLength;
        verdict.StandardOutput.Span.CopyTo(d[at..]);
        at += verdict.StandardOutput.Length;
        verdict.StandardError.Span.CopyTo(d[at..]);
        return at + verdict.StandardError.Length;
    }

    private static bool TryReadNames(ReadOnlySpan<byte> s, string[] names, UnixFileMode?[] modes, ref int at)
    {
        for (int i = 0; i < names.Length; i++)
        {
            int entry = RecordMetadataLayout.Size + (i * NameEntryBytes);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(s[entry..]);
            ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(s[(entry + 2)..]);
            if (length > s.Length - at)
            {
                return false;
            }

            names[i] = Encoding.UTF8.GetString(s.Slice(at, length));
            modes[i] = (mode & HasMode) != 0 ? (UnixFileMode)(mode & 0xFFF) : null;
            at += length;
        }

        return true;
    }

    private static bool TryReadVerdict(ReadOnlySpan<byte> s, ref int at, out ArtifactVerdict? verdict)
    {
        verdict = null;
        if (s.Length - at < VerdictFrontBytes)
        {
            return false;
        }

        long name = BinaryPrimitives.ReadUInt32LittleEndian(s[(at + 4)..]);
        long output = BinaryPrimitives.ReadUInt32LittleEndian(s[(at + 8)..]);
        long error = BinaryPrimitives.ReadUInt32LittleEndian(s[(at + 12)..]);
        if (name + output + error > s.Length - at - VerdictFrontBytes)
        {
            return false;
        }

        int from = at + VerdictFrontBytes;
        verdict = new ArtifactVerdict
        {
            ExitCode = BinaryPrimitives.ReadInt32LittleEndian(s[at..]),
            Name = Encoding.UTF8.GetString(s.Slice(from, (int)name)),
            StandardOutput = s.Slice(from + (int)name, (int)output).ToArray(),
            StandardError = s.Slice(from + (int)(name + output), (int)error).ToArray(),
        };
        at = from + (int)(name + output + error);
        return true;
    }
}
