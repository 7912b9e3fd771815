using System.Buffers.Binary;

namespace PackStore.Migration.Legacy;

/// <summary>
/// The directory at the front of a <c>KEY.pack</c>: where each payload lies. Ranges are in the body, and no two share
/// bytes, which the old program did not check and never wrote.
/// </summary>
internal static class LegacyPackReader
{
    /// <summary>Bytes before the ranges: magic and count.</summary>
    public const int FrontBytes = 8;

    private const int EntryBytes = 16;

    private static ReadOnlySpan<byte> Magic => "ZCPK"u8;

    /// <summary>Reads magic and count from the first 8 bytes; how many bytes the whole directory takes, no more than
    /// the file has.</summary>
    public static bool TryReadFront(
        ReadOnlySpan<byte> front, long fileLength, out uint count, out long directoryBytes, out LegacyProblem problem)
    {
        (count, directoryBytes, problem) = (0, 0, LegacyProblem.Truncated);
        if (front.Length < FrontBytes || fileLength < FrontBytes)
        {
            return false;
        }

        if (!front.StartsWith(Magic))
        {
            problem = LegacyProblem.BadMagic;
            return false;
        }

        count = BinaryPrimitives.ReadUInt32LittleEndian(front[Magic.Length..]);
        directoryBytes = FrontBytes + ((long)count * EntryBytes);
        bool fits = directoryBytes <= fileLength;
        problem = fits ? LegacyProblem.None : LegacyProblem.Truncated;
        return fits;
    }

    /// <summary>Reads the ranges; <paramref name="front"/> holds the whole directory, perhaps more.</summary>
    public static bool TryReadDirectory(
        ReadOnlySpan<byte> front, long fileLength, out LegacyRange[] ranges, out LegacyProblem problem)
    {
        ranges = [];
        if (!TryReadFront(front, fileLength, out _, out long directoryBytes, out problem))
        {
            return false;
        }

        if (directoryBytes > front.Length)
        {
            problem = LegacyProblem.Truncated;
            return false;
        }

        ReadOnlySpan<byte> entries = front[FrontBytes..(int)directoryBytes];
        LegacyRange[] read = entries.IsEmpty ? [] : new LegacyRange[entries.Length / EntryBytes];
        for (int i = 0; i < read.Length; i++)
        {
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entries[(i * EntryBytes)..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(entries[((i * EntryBytes) + sizeof(ulong))..]);
            if (offset < (ulong)directoryBytes || offset > (ulong)fileLength || length > (ulong)fileLength - offset)
            {
                problem = LegacyProblem.RangeOutside;
                return false;
            }

            read[i] = new LegacyRange((long)offset, (long)length);
        }

        problem = Overlap(read) ? LegacyProblem.RangesOverlap : LegacyProblem.None;
        ranges = problem == LegacyProblem.None ? read : [];
        return problem == LegacyProblem.None;
    }

    /// <summary>Whether the ranges are those of a row: as many, and each as long.</summary>
    public static LegacyProblem FindProblem(ReadOnlySpan<LegacyRange> ranges, IReadOnlyList<ulong> sizes)
    {
        if (ranges.Length != sizes.Count)
        {
            return LegacyProblem.CountMismatch;
        }

        for (int i = 0; i < ranges.Length; i++)
        {
            if ((ulong)ranges[i].Length != sizes[i])
            {
                return LegacyProblem.SizeMismatch;
            }
        }

        return LegacyProblem.None;
    }

    // A writer puts them one behind the other, so the common case needs no copy. Empty ranges share no bytes.
    private static bool Overlap(LegacyRange[] ranges)
    {
        long end = 0;
        bool ascends = true;
        foreach (LegacyRange range in ranges)
        {
            ascends &= range.Length == 0 || range.Offset >= end;
            end = range.Length == 0 ? end : range.Offset + range.Length;
        }

        if (ascends)
        {
            return false;
        }

        LegacyRange[] sorted = [.. ranges.Where(r => r.Length > 0).OrderBy(r => r.Offset)];
        return sorted.Zip(sorted.Skip(1), (a, b) => b.Offset - a.Offset < a.Length).Contains(true);
    }
}

/// <summary>Bytes of a legacy file.</summary>
/// <param name="Offset">From the start of the file.</param>
/// <param name="Length">In bytes.</param>
internal readonly record struct LegacyRange(long Offset, long Length);
