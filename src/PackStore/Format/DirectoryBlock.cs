using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PackStore.Format;

/// <summary>Offsets and sizes of a directory block's front, from the record's start; columns and table of contents
/// follow.</summary>
internal static class DirectoryBlockLayout
{
    public const int FlagsOffset = 72;
    public const int FlagsSize = 4;
    public const int ContentsCountOffset = 76;
    public const int ContentsCountSize = 4;
    public const int CoveredFromOffset = 80;
    public const int CoveredFromSize = 8;
    public const int CoveredToOffset = 88;
    public const int CoveredToSize = 8;
    public const int MaxSequenceOffset = 96;
    public const int MaxSequenceSize = 8;
    public const int LiveBytesOffset = 104;
    public const int LiveBytesSize = 8;
    public const int RecencyCountOffset = 112;
    public const int RecencyCountSize = 4;
    public const int ReservedOffset = 116;
    public const int ReservedSize = 12;
    public const int Size = 56;
}

/// <summary>One record as a directory block lists it.</summary>
/// <param name="Hash">Hash of the key.</param>
/// <param name="Sequence">The record's sequence number.</param>
/// <param name="Offset">Where it starts in the segment, in bytes.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Kind">Artifact or tombstone.</param>
/// <param name="HasLoose">Whether it has loose payloads.</param>
/// <param name="PayloadCount">Number of outputs up to 30; 31 says that the header has to be asked.</param>
internal readonly record struct DirectoryEntry(
    ulong Hash, ulong Sequence, long Offset, int Length, RecordKind Kind, bool HasLoose, int PayloadCount);

/// <summary>
/// Lists the records from <c>coveredFrom</c> to <c>coveredTo</c> of its segment, sorted by key hash, so that an index
/// can be rebuilt, and a key
/// be found, without reading records; and names all directory blocks before it. The last one of a sealed segment is its
/// footer.
/// </summary>
/// <remarks>
/// A view over the bytes of a record of kind <see cref="RecordKind.Directory"/>: columns of hashes and sequences (8
/// bytes each),
/// of places and lengths (4 each), then the table of contents (8 each: line, count), then in a footer the recency
/// column (2 each: hours, in the order of the blocks' entries). A place holds kind (bits 31..30), loose (29), payload
/// count (28..24), line (23..0).
/// </remarks>
internal readonly ref struct DirectoryBlock
{
    /// <summary>The bit that makes a block the footer.</summary>
    public const uint FooterFlag = 1;

    /// <summary>Payload counts from here on are not told.</summary>
    public const int ManyPayloads = 31;

    private const int Front = DirectoryBlockLayout.FlagsOffset + DirectoryBlockLayout.Size;
    private const int EntryBytes = 24;
    private const int ContentsEntryBytes = 8;

    // From here on a search halves: a growing step would overflow and end in a linear search of clustered hashes.
    private const int LastStep = 1 << 13;
    private readonly ReadOnlySpan<byte> _record;

    private DirectoryBlock(ReadOnlySpan<byte> record, int count)
    {
        _record = record;
        Count = count;
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Whether it is the footer.</summary>
    public bool IsFooter => (ReadUInt32(DirectoryBlockLayout.FlagsOffset) & FooterFlag) != 0;

    /// <summary>Offset of the first record it lists.</summary>
    public long CoveredFrom => ReadInt64(DirectoryBlockLayout.CoveredFromOffset);

    /// <summary>Offset behind the last record it lists: its own.</summary>
    public long CoveredTo => ReadInt64(DirectoryBlockLayout.CoveredToOffset);

    /// <summary>The greatest sequence number up to here in the segment.</summary>
    public ulong MaxSequence => (ulong)ReadInt64(DirectoryBlockLayout.MaxSequenceOffset);

    /// <summary>In a footer: bytes of the segment that were live when it was sealed.</summary>
    public long LiveBytes => ReadInt64(DirectoryBlockLayout.LiveBytesOffset);

    /// <summary>Number of directory blocks before this one.</summary>
    public int ContentsCount => (int)ReadUInt32(DirectoryBlockLayout.ContentsCountOffset);

    /// <summary>In a footer: number of hours in the recency column.</summary>
    public int RecencyCount => (int)ReadUInt32(DirectoryBlockLayout.RecencyCountOffset);

    /// <summary>Where each entry's record stands and what it is, to be told by <see cref="DirectoryPlace"/>.</summary>
    public ReadOnlySpan<uint> Places => MemoryMarshal.Cast<byte, uint>(_record.Slice(Front + (Count * 16), Count * 4));

    /// <summary>Length of each entry's record.</summary>
    public ReadOnlySpan<int> Lengths => MemoryMarshal.Cast<byte, int>(_record.Slice(Front + (Count * 20), Count * 4));

    private ReadOnlySpan<ulong> Hashes => MemoryMarshal.Cast<byte, ulong>(_record.Slice(Front, Count * 8));

    private int ContentsOffset => Front + (Count * EntryBytes);

    /// <summary>Length of the columns for so many entries, blocks before and recency hours: the record's metadata
    /// length.</summary>
    public static long MeasureColumns(int count, int contents, int recency) =>
        DirectoryBlockLayout.Size + ((long)count * EntryBytes) + ((long)contents * ContentsEntryBytes) + (2L * recency);

    /// <summary>Length of a whole record.</summary>
    public static long MeasureRecord(int count, int contents, int recency) =>
        FormatLimits.AlignRecord(RecordBody.DescriptorsOffset(0) + MeasureColumns(count, contents, recency));

    /// <summary>Takes a record whose header was checked; checks the body. False with what was wrong.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> record, scoped in RecordHeader header, out DirectoryBlock block, out string? problem)
    {
        block = default;
        if (header.Kind != RecordKind.Directory || header.MetadataLength < DirectoryBlockLayout.Size)
        {
            problem = $"kind {header.Kind}, length {header.MetadataLength}";
            return false;
        }

        if (!RecordBody.IsSound(record, header, out ulong found, out ulong expected))
        {
            problem = $"body checksum {found:x16}, expected {expected:x16}";
            return false;
        }

        DirectoryBlock candidate = new(record, header.Count);
        long needed = MeasureColumns(header.Count, candidate.ContentsCount, candidate.RecencyCount);
        if (candidate.ContentsCount < 0 || candidate.RecencyCount < 0 || needed != header.MetadataLength)
        {
            problem = $"columns of {needed} bytes, the header says {header.MetadataLength}";
            return false;
        }

        problem = null;
        block = candidate;
        return true;
    }

    /// <summary>Takes a record that <see cref="TryRead"/> has taken before.</summary>
    public static DirectoryBlock Trust(ReadOnlySpan<byte> record, scoped in RecordHeader header) =>
        new(record, header.Count);

    /// <summary>One entry.</summary>
    public DirectoryEntry this[int index]
    {
        get
        {
            uint place = Places[index];
            return new DirectoryEntry(
                Hashes[index],
                (ulong)ReadInt64(Front + (Count * 8) + (index * 8)),
                DirectoryPlace.Offset(place),
                Lengths[index],
                DirectoryPlace.Kind(place),
                DirectoryPlace.HasLoose(place),
                DirectoryPlace.PayloadCount(place));
        }
    }

    /// <summary>Offset and entry count of a directory block before this one, oldest first.</summary>
    public (long Offset, int Count) Contents(int index)
    {
        int at = ContentsOffset + (index * ContentsEntryBytes);
        return ((long)ReadUInt32(at) << 6, (int)ReadUInt32(at + 4));
    }

    /// <summary>In a footer: the hour an entry was last used, entries counted over all blocks of the segment in
    /// order.</summary>
    public ushort Recency(int index) =>
        BinaryPrimitives.ReadUInt16LittleEndian(
            _record[(ContentsOffset + (ContentsCount * ContentsEntryBytes) + (2 * index))..]);

    /// <summary>The first entry whose hash is not less than <paramref name="hash"/>. Interpolates: hashes are
    /// uniform.</summary>
    public int LowerBound(ulong hash)
    {
        ReadOnlySpan<ulong> hashes = Hashes;
        int low = 0;
        int high = hashes.Length;
        int guess = (int)Math.BigMul(hash, (ulong)high, out _);
        for (int step = 32; low < high; step = Math.Min(step * 4, LastStep))
        {
            if (hashes[guess] < hash)
            {
                low = guess + 1;
                guess = Math.Min(guess + step, high - 1);
            }
            else
            {
                high = guess;
                guess = Math.Max(guess - step, low);
            }

            if (step == LastStep)
            {
                guess = low + ((high - low) / 2);
            }

            guess = Math.Clamp(guess, low, Math.Max(low, high - 1));
        }

        return low;
    }

    /// <summary>Writes a whole record but for its sequence number.</summary>
    /// <param name="record">Exactly <see cref="MeasureRecord"/> bytes.</param>
    /// <param name="entries">Sorted by hash.</param>
    /// <param name="contents">The blocks before, oldest first.</param>
    /// <param name="coveredFrom">Offset of the first record listed.</param>
    /// <param name="coveredTo">Offset of this block.</param>
    /// <param name="maxSequence">The greatest sequence number so far in the segment.</param>
    /// <param name="footer">For a footer: live bytes and the recency column.</param>
    public static void Write(
        Span<byte> record, ReadOnlySpan<DirectoryEntry> entries, ReadOnlySpan<(long Offset, int Count)> contents,
        long coveredFrom, long coveredTo, ulong maxSequence, DirectoryFooter? footer)
    {
        record.Clear();
        int recency = footer?.Recency.Count ?? 0;
        int columns = (int)MeasureColumns(entries.Length, contents.Length, recency);
        WriteFront(record, contents.Length, coveredFrom, coveredTo, maxSequence, footer);
        for (int i = 0; i < entries.Length; i++)
        {
            DirectoryEntry e = entries[i];
            uint place = DirectoryPlace.Make(e.Kind, e.HasLoose, Math.Min(e.PayloadCount, ManyPayloads), e.Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(record[(Front + (i * 8))..], e.Hash);
            BinaryPrimitives.WriteUInt64LittleEndian(record[(Front + (entries.Length * 8) + (i * 8))..], e.Sequence);
            BinaryPrimitives.WriteUInt32LittleEndian(record[(Front + (entries.Length * 16) + (i * 4))..], place);
            BinaryPrimitives.WriteInt32LittleEndian(record[(Front + (entries.Length * 20) + (i * 4))..], e.Length);
        }

        int at = Front + (entries.Length * EntryBytes);
        foreach ((long offset, int count) in contents)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record[at..], (uint)(offset >> 6));
            BinaryPrimitives.WriteInt32LittleEndian(record[(at + 4)..], count);
            at += ContentsEntryBytes;
        }

        for (int i = 0; i < recency; i++, at += 2)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(record[at..], footer!.Recency[i]);
        }

        new RecordHeader(RecordKind.Directory, 0, RecordFlags.None, record.Length, entries.Length, 0,
            columns).Write(record, []);
        RecordBody.Seal(record, RecordBody.DescriptorsOffset(0) + columns);
    }

    private static void WriteFront(
        Span<byte> record, int contents, long coveredFrom, long coveredTo, ulong maxSequence, DirectoryFooter? footer)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record[DirectoryBlockLayout.FlagsOffset..], footer is null ? 0
            : FooterFlag);
        BinaryPrimitives.WriteInt32LittleEndian(record[DirectoryBlockLayout.ContentsCountOffset..], contents);
        BinaryPrimitives.WriteInt64LittleEndian(record[DirectoryBlockLayout.CoveredFromOffset..], coveredFrom);
        BinaryPrimitives.WriteInt64LittleEndian(record[DirectoryBlockLayout.CoveredToOffset..], coveredTo);
        BinaryPrimitives.WriteUInt64LittleEndian(record[DirectoryBlockLayout.MaxSequenceOffset..], maxSequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[DirectoryBlockLayout.LiveBytesOffset..], footer?.LiveBytes ?? 0);
        BinaryPrimitives.WriteInt32LittleEndian(record[DirectoryBlockLayout.RecencyCountOffset..],
            footer?.Recency.Count ?? 0);
    }

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_record[offset..]);

    private long ReadInt64(int offset) => BinaryPrimitives.ReadInt64LittleEndian(_record[offset..]);
}

/// <summary>A word of a directory block's column of places: kind (bits 31..30), loose (29), payload count (28..24),
/// line (23..0).</summary>
internal static class DirectoryPlace
{
    private const int KindShift = 30;
    private const uint Loose = 1u << 29;
    private const int PayloadsShift = 24;
    private const uint PayloadsMask = 31;
    private const uint LineMask = (1u << PayloadsShift) - 1;

    public static uint Make(RecordKind kind, bool hasLoose, int payloadCount, long offset) =>
        ((uint)kind << KindShift) | (hasLoose ? Loose : 0) | ((uint)payloadCount << PayloadsShift)
            | (uint)(offset >> 6);

    public static RecordKind Kind(uint place) => (RecordKind)(place >> KindShift);

    public static bool HasLoose(uint place) => (place & Loose) != 0;

    /// <summary>Number of outputs up to 30; 31 says that the header has to be asked.</summary>
    public static int PayloadCount(uint place) => (int)((place >> PayloadsShift) & PayloadsMask);

    /// <summary>In lines of 64 bytes.</summary>
    public static uint Line(uint place) => place & LineMask;

    public static long Offset(uint place) => (long)Line(place) << 6;
}

/// <summary>What a footer holds beyond a directory block.</summary>
/// <param name="LiveBytes">Bytes of the segment that are live.</param>
/// <param name="Recency">Hours, in the order of all entries of all blocks of the segment.</param>
internal sealed record DirectoryFooter(long LiveBytes, IReadOnlyList<ushort> Recency);
