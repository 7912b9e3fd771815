using System.Buffers.Binary;
using System.IO.Hashing;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>One commit: its number and the root of its tables.</summary>
internal sealed record RedbSlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int Size = 128;

    private const int HasUserRootOffset = 1;
    private const int UserRootOffset = 8;
    private const int TransactionOffset = 104;
    private const int ChecksumOffset = 112;

    /// <summary>Format version, 2 or 3.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Commits count up.</summary>
    public required ulong TransactionId { get; init; }

    /// <summary>Root of the tree of tables; null if there are none.</summary>
    public required RedbLink? UserRoot { get; init; }

    /// <summary>Number of tables.</summary>
    public required ulong TableCount { get; init; }

    /// <summary>Why it is not to be used.</summary>
    public required LegacyProblem Problem { get; init; }

    /// <summary>Reads a slot, sound or not.</summary>
    public static RedbSlot Read(ReadOnlySpan<byte> s)
    {
        RedbLink root = RedbLink.ReadTreeHeader(s[UserRootOffset..], out ulong tables);
        bool hasRoot = s[HasUserRootOffset] != 0;
        bool isSound = XxHash128.HashToUInt128(s[..ChecksumOffset])
            == BinaryPrimitives.ReadUInt128LittleEndian(s[ChecksumOffset..]);
        return new RedbSlot
        {
            FormatVersion = s[0],
            TransactionId = BinaryPrimitives.ReadUInt64LittleEndian(s[TransactionOffset..]),
            UserRoot = hasRoot ? root : null,
            TableCount = hasRoot ? tables : 0,
            Problem = s[0] is not (2 or 3) ? LegacyProblem.BadVersion
                : !isSound ? LegacyProblem.BadChecksum
                : LegacyProblem.None,
        };
    }
}
