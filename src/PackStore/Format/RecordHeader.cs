using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PackStore.Format;

/// <summary>Offsets and sizes of a record's fixed part: one cache line.</summary>
internal static class RecordHeaderLayout
{
    public const int MagicOffset = 0;
    public const int MagicSize = 4;
    public const int KindOffset = 4;
    public const int KindSize = 1;
    public const int KeyLengthOffset = 5;
    public const int KeyLengthSize = 1;
    public const int FlagsOffset = 6;
    public const int FlagsSize = 2;
    public const int RecordLengthOffset = 8;
    public const int RecordLengthSize = 4;
    public const int CountOffset = 12;
    public const int CountSize = 4;
    public const int SequenceOffset = 16;
    public const int SequenceSize = 8;
    public const int MetadataLengthOffset = 24;
    public const int MetadataLengthSize = 4;
    public const int KeyOffset = 28;
    public const int KeySize = 32;
    public const int ChecksumOffset = 60;
    public const int ChecksumSize = 4;
    public const int Size = 64;
}

/// <summary>A record's fixed part, decoded.</summary>
/// <param name="Kind">What the record is.</param>
/// <param name="KeyLength">Length of the key; bytes from the 33rd on stand in the body.</param>
/// <param name="Flags">See <see cref="RecordFlags"/>.</param>
/// <param name="RecordLength">Length of the whole record, a multiple of 64.</param>
/// <param name="Count">Number of outputs, or of entries of a directory block.</param>
/// <param name="Sequence">Decides which of two records of one key is newer.</param>
/// <param name="MetadataLength">Length of the metadata, or of a directory block's columns.</param>
internal readonly record struct RecordHeader(
    RecordKind Kind, int KeyLength, RecordFlags Flags, int RecordLength, int Count, ulong Sequence, int MetadataLength)
{
    /// <summary>"PKR1" as bytes.</summary>
    public const uint Magic = 0x3152_4B50;

    /// <summary>Number of payload descriptors: outputs and streams.</summary>
    public int DescriptorCount =>
        Count + ((Flags & RecordFlags.StandardOutput) != 0 ? 1 : 0)
            + ((Flags & RecordFlags.StandardError) != 0 ? 1 : 0);

    /// <summary>Writes the line, checksum included.</summary>
    public void Write(Span<byte> destination, ReadOnlySpan<byte> key)
    {
        Span<byte> d = destination[..RecordHeaderLayout.Size];
        d.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(d, Magic);
        d[RecordHeaderLayout.KindOffset] = (byte)Kind;
        d[RecordHeaderLayout.KeyLengthOffset] = (byte)KeyLength;
        BinaryPrimitives.WriteUInt16LittleEndian(d[RecordHeaderLayout.FlagsOffset..], (ushort)Flags);
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordHeaderLayout.RecordLengthOffset..], RecordLength);
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordHeaderLayout.CountOffset..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(d[RecordHeaderLayout.MetadataLengthOffset..], MetadataLength);
        key[..Math.Min(key.Length, RecordHeaderLayout.KeySize)].CopyTo(d[RecordHeaderLayout.KeyOffset..]);
        WriteSequence(d, Sequence);
    }

    /// <summary>Puts the sequence number into a line written before and renews its checksum: it is known
    /// last.</summary>
    public static void WriteSequence(Span<byte> line, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(line[RecordHeaderLayout.SequenceOffset..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(
            line[RecordHeaderLayout.ChecksumOffset..], Checksum.Short(line[..RecordHeaderLayout.ChecksumOffset]));
    }

    /// <summary>Whether the line is the header of a record of this key. <paramref name="paddedKey"/> has 64 bytes, zero
    /// behind the key.
    /// The part of a long key that stands in the body is the caller's to compare.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(ReadOnlySpan<byte> line, ReadOnlySpan<byte> paddedKey, int keyLength)
    {
        ulong front = BinaryPrimitives.ReadUInt64LittleEndian(line);
        return (uint)front == Magic
            && (byte)(front >> (8 * RecordHeaderLayout.KeyLengthOffset)) == keyLength
            && MemoryMarshal.Read<Vector256<byte>>(line[RecordHeaderLayout.KeyOffset..])
                == MemoryMarshal.Read<Vector256<byte>>(paddedKey);
    }

    /// <summary>Whether the bytes begin with the header of an artifact of this key of 32 bytes, none of whose payloads
    /// is detached. False if there are fewer than a header has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPlainDigest(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> key)
    {
        const ulong Mask = ((ulong)RecordFlags.Detached << (8 * RecordHeaderLayout.FlagsOffset))
            | ((1UL << (8 * RecordHeaderLayout.FlagsOffset)) - 1);
        const ulong Wanted = Magic | ((ulong)RecordKind.Artifact << (8 * RecordHeaderLayout.KindOffset))
            | ((ulong)KeyHash.DigestLength << (8 * RecordHeaderLayout.KeyLengthOffset));
        if (bytes.Length < RecordHeaderLayout.Size)
        {
            return false;
        }

        // One number and one branch for all of it.
        uint equal = Vector256.Equals(
            Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes), RecordHeaderLayout.KeyOffset),
            Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(key))).ExtractMostSignificantBits();
        return (((BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask) ^ Wanted) | ~equal) == 0;
    }

    /// <summary>Just the record's length; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadLength(ReadOnlySpan<byte> line) =>
        BinaryPrimitives.ReadInt32LittleEndian(line[RecordHeaderLayout.RecordLengthOffset..]);

    /// <summary>Just the key's length; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadKeyLength(ReadOnlySpan<byte> line) => line[RecordHeaderLayout.KeyLengthOffset];

    /// <summary>Just the number of outputs; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadCount(ReadOnlySpan<byte> line) =>
        // One check of the length, the same that others make who read the same line, and not two.
        BinaryPrimitives.ReadInt32LittleEndian(line[..RecordHeaderLayout.Size][RecordHeaderLayout.CountOffset..]);

    /// <summary>Just the flags; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RecordFlags ReadFlags(ReadOnlySpan<byte> line) =>
        (RecordFlags)BinaryPrimitives.ReadUInt16LittleEndian(line[RecordHeaderLayout.FlagsOffset..]);

    /// <summary>Just the kind; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RecordKind ReadKind(ReadOnlySpan<byte> line) => (RecordKind)line[RecordHeaderLayout.KindOffset];

    /// <summary>Reads the fields without checking anything: for lines whose checksum was checked before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RecordHeader ReadUnchecked(ReadOnlySpan<byte> line) =>
        new(
            (RecordKind)line[RecordHeaderLayout.KindOffset],
            line[RecordHeaderLayout.KeyLengthOffset],
            (RecordFlags)BinaryPrimitives.ReadUInt16LittleEndian(line[RecordHeaderLayout.FlagsOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(line[RecordHeaderLayout.RecordLengthOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(line[RecordHeaderLayout.CountOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(line[RecordHeaderLayout.SequenceOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(line[RecordHeaderLayout.MetadataLengthOffset..]));

    /// <summary>Reads and checks a line: magic, checksum, then that every length fits into the
    /// <paramref name="available"/> bytes from
    /// the record's start on. <paramref name="problem"/> is null if all is well.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, long available, out RecordHeader header, out string? problem)
    {
        header = default;
        if (line.Length < RecordHeaderLayout.Size || BinaryPrimitives.ReadUInt32LittleEndian(line) != Magic)
        {
            problem = "no record header";
            return false;
        }

        uint found = BinaryPrimitives.ReadUInt32LittleEndian(line[RecordHeaderLayout.ChecksumOffset..]);
        uint expected = Checksum.Short(line[..RecordHeaderLayout.ChecksumOffset]);
        if (found != expected)
        {
            problem = $"header checksum {found:x8}, expected {expected:x8}";
            return false;
        }

        header = ReadUnchecked(line);
        problem = header.FindProblem(available);
        return problem is null;
    }

    /// <summary>Reads a line of which only the caller's interest is whether it is sound.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, long available, out RecordHeader header) =>
        TryRead(line, available, out header, out _);

    private string? FindProblem(long available)
    {
        if (RecordLength < RecordHeaderLayout.Size || RecordLength % FormatLimits.RecordAlignment != 0
            || RecordLength > available)
        {
            return $"record length {RecordLength}, {available} bytes are left";
        }

        bool keyed = Kind is RecordKind.Artifact or RecordKind.Tombstone;
        if (Kind is < RecordKind.Artifact or > RecordKind.Padding
            || (keyed ? KeyLength is < 1 or > ArtifactKey.MaxLength : KeyLength != 0)
            || (Flags & ~RecordFlags.All) != 0)
        {
            return $"kind {(int)Kind}, key length {KeyLength}, flags {(int)Flags:x}";
        }

        if (Kind == RecordKind.Padding)
        {
            return null;
        }

        int limit = Kind == RecordKind.Directory ? int.MaxValue : FormatLimits.MaxPayloads;
        long bodyEnd = RecordBody.EndOffset(KeyLength, Kind == RecordKind.Artifact ? DescriptorCount
            : 0, MetadataLength);
        return Count < 0 || Count > limit || MetadataLength < 0 || bodyEnd > RecordLength
            ? $"count {Count}, metadata length {MetadataLength} in a record of {RecordLength}"
            : null;
    }
}
