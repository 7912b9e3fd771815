using System.Buffers.Binary;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>What the tree of tables says of one table.</summary>
internal sealed record RedbTable
{
    private const byte NormalKind = 3;
    private const int CountOffset = 1;
    private const int HasRootOffset = 9;
    private const int RootOffset = 10;
    private const int FixedKeyOffset = 42;
    private const int FixedValueOffset = 47;
    private const int KeyTypeLengthOffset = 60;
    private const int KeyTypeOffset = 64;

    /// <summary>Number of rows.</summary>
    public required ulong Count { get; init; }

    /// <summary>Root of its tree; null if it is empty.</summary>
    public required RedbLink? Root { get; init; }

    /// <summary>Whether keys are strings and values bytes, one a key: the only tables that are read.</summary>
    public required bool IsTextToBytes { get; init; }

    // Class 1 is built in; the name follows.
    private static ReadOnlySpan<byte> TextType => "\u0001&str"u8;

    private static ReadOnlySpan<byte> BytesType => "\u0001&[u8]"u8;

    /// <summary>Reads a definition; null if it is none.</summary>
    public static RedbTable? TryRead(ReadOnlySpan<byte> s)
    {
        if (s.Length < KeyTypeOffset
            || BinaryPrimitives.ReadUInt32LittleEndian(s[KeyTypeLengthOffset..]) is var keyType
                && keyType > (uint)(s.Length - KeyTypeOffset))
        {
            return null;
        }

        ReadOnlySpan<byte> types = s[KeyTypeOffset..];
        return new RedbTable
        {
            Count = BinaryPrimitives.ReadUInt64LittleEndian(s[CountOffset..]),
            Root = s[HasRootOffset] != 0 ? RedbLink.ReadTreeHeader(s[RootOffset..], out _) : null,
            IsTextToBytes = s[0] == NormalKind && s[FixedKeyOffset] == 0 && s[FixedValueOffset] == 0
                && types[..(int)keyType].SequenceEqual(TextType) && types[(int)keyType..].SequenceEqual(BytesType),
        };
    }
}
