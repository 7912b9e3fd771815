using PackStore.Format;

namespace PackStore.Segments;

/// <summary>Reads records out of a segment with the checks that each use needs.</summary>
internal static class RecordReader
{
    /// <summary>The problem of a record whose bytes cannot be had now: that says nothing about the record.</summary>
    public const string Unreadable = "the bytes cannot be read";

    /// <summary>Reads a header and checks it; false with what was wrong.</summary>
    public static bool TryReadHeader(Segment segment, long offset, out RecordHeader header, out string? problem)
    {
        header = default;
        if (!segment.TryRead(offset, RecordHeaderLayout.Size, out ReadOnlySpan<byte> line))
        {
            problem = Unreadable;
            return false;
        }

        return RecordHeader.TryRead(line, segment.CommittedEnd - offset, out header, out problem);
    }

    /// <summary>Reads a whole record and checks its header; false with what was wrong.</summary>
    public static bool TryReadRecord(
        Segment segment, long offset, out RecordHeader header, out ReadOnlySpan<byte> record, out string? problem)
    {
        record = default;
        if (!TryReadHeader(segment, offset, out header, out problem))
        {
            return false;
        }

        if (!segment.TryRead(offset, header.RecordLength, out record))
        {
            problem = Unreadable;
            return false;
        }

        return true;
    }

    /// <summary>Throws if a record, or its header where that is all that is known, was not to be had because it was
    /// refused just now.</summary>
    public static void ThrowIfRefused(Segment segment, long offset, in RecordHeader header, string? problem)
    {
        int length = Math.Max(header.RecordLength, RecordHeaderLayout.Size);
        if (problem == Unreadable && segment.MayBeReadLater(offset, length))
        {
            throw Refused(segment, offset);
        }
    }

    /// <summary>Throws if the key of a record was not to be had because it was refused just now, by then or
    /// still.</summary>
    public static void ThrowIfKeyRefused(Segment segment, long offset)
    {
        if (FindKeyRefusal(segment, offset) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>Whether the key of a record was not to be had because it was refused just now, by then or still; null
    /// if there is none to be had.</summary>
    public static UnreadableException? FindKeyRefusal(Segment segment, long offset)
    {
        bool isRefused = TryReadHeader(segment, offset, out RecordHeader header, out string? problem)
            ? header.KeyLength > 0
            : problem == Unreadable && segment.MayBeReadLater(offset, RecordHeaderLayout.Size);
        return isRefused ? Refused(segment, offset) : null;
    }

    private static UnreadableException Refused(Segment segment, long offset) =>
        new($"{segment.Name}: the record at {offset} cannot be read just now. If that stays so, the store has to be "
            + "repaired.")
        {
            File = segment.Name,
        };

    /// <summary>Checks an artifact or tombstone in a record whose header was checked: body, descriptors, and the
    /// payloads in the
    /// segment if asked for. Returns what was wrong, or null; <paramref name="inPayload"/> says whether that was a
    /// payload.</summary>
    public static string? FindProblem(ReadOnlySpan<byte> record, in RecordHeader header, bool payloads,
        out bool inPayload)
    {
        inPayload = false;
        if (!RecordBody.IsSound(record, header, out ulong found, out ulong expected))
        {
            return $"body checksum {found:x16}, expected {expected:x16}";
        }

        if (header.Kind != RecordKind.Artifact)
        {
            return null;
        }

        long bodyEnd = RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.FindProblem(bodyEnd, header.RecordLength) is { } problem)
            {
                return problem;
            }

            if (payloads && descriptor.Tier == PayloadTier.Pack)
            {
                ulong sum = Checksum.Of(record.Slice((int)descriptor.Place, (int)descriptor.StoredLength));
                if (sum != descriptor.Checksum)
                {
                    inPayload = true;
                    return $"payload {i}: checksum {sum:x16}, expected {descriptor.Checksum:x16}";
                }
            }
        }

        return null;
    }
}
