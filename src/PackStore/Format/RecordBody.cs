using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PackStore.Format;

/// <summary>Offsets and sizes of a record's body, from the record's start, with a key of up to 32 bytes; the end of a
/// longer key
/// takes 32 bytes more behind the checksum.</summary>
internal static class RecordBodyLayout
{
    public const int ChecksumOffset = 64;
    public const int ChecksumSize = 8;
    public const int Size = 8;
}

/// <summary>
/// What follows a record's header: checksum, end of a long key, payload descriptors, metadata. The checksum covers
/// everything
/// from behind itself to the end of the metadata.
/// </summary>
internal static class RecordBody
{
    /// <summary>Where the end of a long key stands.</summary>
    public const int KeyTailOffset = RecordBodyLayout.ChecksumOffset + RecordBodyLayout.ChecksumSize;

    /// <summary>Length of the room for the end of a long key.</summary>
    public const int KeyTailBytes = ArtifactKey.MaxLength - RecordHeaderLayout.KeySize;

    /// <summary>Offset of the descriptors, or of a directory block's columns.</summary>
    public static int DescriptorsOffset(int keyLength) =>
        KeyTailOffset + (keyLength > RecordHeaderLayout.KeySize ? KeyTailBytes : 0);

    /// <summary>Offset of the metadata.</summary>
    public static long MetadataOffset(int keyLength, int descriptorCount) =>
        DescriptorsOffset(keyLength) + ((long)descriptorCount * PayloadDescriptorLayout.Size);

    /// <summary>Offset behind the metadata.</summary>
    public static long EndOffset(int keyLength, int descriptorCount, int metadataLength) =>
        MetadataOffset(keyLength, descriptorCount) + metadataLength;

    /// <summary>Computes the checksum of a body that ends at <paramref name="end"/> and stores it.</summary>
    public static void Seal(Span<byte> record, int end) =>
        BinaryPrimitives.WriteUInt64LittleEndian(
            record[RecordBodyLayout.ChecksumOffset..], Checksum.Of(record[KeyTailOffset..end]));

    /// <summary>Whether a body has its checksum. The header was checked, so the lengths fit.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record, in RecordHeader header, out ulong found, out ulong expected)
    {
        int end = (int)EndOffset(
            header.KeyLength, header.Kind == RecordKind.Artifact ? header.DescriptorCount : 0, header.MetadataLength);
        found = BinaryPrimitives.ReadUInt64LittleEndian(record[RecordBodyLayout.ChecksumOffset..]);
        expected = Checksum.Of(record[KeyTailOffset..end]);
        return found == expected;
    }

    /// <summary>Writes the end of a key longer than the header's room, zero-padded.</summary>
    public static void WriteKeyTail(Span<byte> record, ReadOnlySpan<byte> key)
    {
        if (key.Length > RecordHeaderLayout.KeySize)
        {
            Span<byte> tail = record.Slice(KeyTailOffset, KeyTailBytes);
            tail.Clear();
            key[RecordHeaderLayout.KeySize..].CopyTo(tail);
        }
    }

    /// <summary>Whether the end of a long key stands in the record.</summary>
    public static bool MatchesTail(ReadOnlySpan<byte> record, ReadOnlySpan<byte> paddedKey, int keyLength) =>
        keyLength <= RecordHeaderLayout.KeySize
        || record.Slice(KeyTailOffset, KeyTailBytes).SequenceEqual(paddedKey.Slice(RecordHeaderLayout.KeySize,
            KeyTailBytes));

    /// <summary>The key of a record whose header was checked.</summary>
    public static ArtifactKey ReadKey(ReadOnlySpan<byte> record, int keyLength)
    {
        Span<byte> key = stackalloc byte[ArtifactKey.MaxLength];
        record.Slice(RecordHeaderLayout.KeyOffset, RecordHeaderLayout.KeySize).CopyTo(key);
        if (keyLength > RecordHeaderLayout.KeySize)
        {
            record.Slice(KeyTailOffset, KeyTailBytes).CopyTo(key[RecordHeaderLayout.KeySize..]);
        }

        return ArtifactKey.FromBytes(key[..keyLength]);
    }

    /// <summary>The descriptor of an output or stream. The header was checked, so it is inside the record.</summary>
    public static PayloadDescriptor ReadDescriptor(ReadOnlySpan<byte> record, int keyLength, int index) =>
        PayloadDescriptor.Read(record[(DescriptorsOffset(keyLength) + (index * PayloadDescriptorLayout.Size))..]);

    /// <summary>All of them: outputs, then streams. The header was checked.</summary>
    public static PayloadDescriptor[] ReadDescriptors(ReadOnlySpan<byte> record, in RecordHeader header)
    {
        PayloadDescriptor[] descriptors = new PayloadDescriptor[header.DescriptorCount];
        for (int i = 0; i < descriptors.Length; i++)
        {
            descriptors[i] = ReadDescriptor(record, header.KeyLength, i);
        }

        return descriptors;
    }

    /// <summary>Number of outputs that <see cref="ReadPlain"/> may be asked for, in a checked record none of whose
    /// payloads is detached: all of them with a key of up to 32 bytes, else none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PlainCount(ReadOnlySpan<byte> record) =>
        RecordHeader.ReadKeyLength(record) <= RecordHeaderLayout.KeySize ? RecordHeader.ReadCount(record) : 0;

    /// <summary>The bytes of an output below <see cref="PlainCount"/>. Reads no more of the descriptor than it
    /// needs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> ReadPlain(ReadOnlySpan<byte> record, int index)
    {
        ReadOnlySpan<byte> descriptor = record.Slice(
            KeyTailOffset + (index * PayloadDescriptorLayout.Size), PayloadDescriptorLayout.Size);
        return record.Slice(
            (int)BinaryPrimitives.ReadUInt32LittleEndian(descriptor),
            (int)BinaryPrimitives.ReadInt64LittleEndian(descriptor[PayloadDescriptorLayout.StoredLengthOffset..]));
    }
}
