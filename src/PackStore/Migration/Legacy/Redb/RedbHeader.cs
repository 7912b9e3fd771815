using System.Buffers.Binary;

namespace PackStore.Migration.Legacy.Redb;

/// <summary>The first 320 bytes of a redb file, format 2 and 3: geometry, and two commit slots.</summary>
internal sealed class RedbHeader
{
    /// <summary>Bytes that are read.</summary>
    public const int Size = 320;

    private const int FlagsOffset = 9;
    private const int GeometryOffset = 12;
    private const int SlotsOffset = 64;
    private const byte PrimarySlotFlag = 1;
    private const byte RecoveryFlag = 2;
    private const byte TwoPhaseFlag = 4;

    private const uint LeastPageBytes = 512;
    private const uint MostPageBytes = 1 << 20;

    // An index in a region has 20 bits. The bound on header pages keeps every offset below within 63 bits.
    private const uint MostRegionPages = 1 << 20;

    private readonly RedbSlot[] _slots;

    private RedbHeader(byte flags, RedbGeometry geometry, RedbSlot[] slots)
    {
        _slots = slots;
        Geometry = geometry;
        Primary = flags & PrimarySlotFlag;
        NeedsRecovery = (flags & RecoveryFlag) != 0;
        IsTwoPhase = (flags & TwoPhaseFlag) != 0;
    }

    private static ReadOnlySpan<byte> Magic => [0x72, 0x65, 0x64, 0x62, 0x1A, 0x0A, 0xA9, 0x0D, 0x0A];

    /// <summary>Where pages lie.</summary>
    public RedbGeometry Geometry { get; }

    /// <summary>Its last writer was killed.</summary>
    public bool NeedsRecovery { get; }

    private int Primary { get; }

    private bool IsTwoPhase { get; }

    /// <summary>Reads the front of a file.</summary>
    public static bool TryRead(ReadOnlySpan<byte> s, out RedbHeader? header, out LegacyProblem problem)
    {
        header = null;
        problem = s.Length < Size ? LegacyProblem.Truncated
            : !s.StartsWith(Magic) ? LegacyProblem.BadMagic
            : LegacyProblem.None;
        if (problem != LegacyProblem.None)
        {
            return false;
        }

        uint page = BinaryPrimitives.ReadUInt32LittleEndian(s[GeometryOffset..]);
        uint headerPages = BinaryPrimitives.ReadUInt32LittleEndian(s[(GeometryOffset + 4)..]);
        uint dataPages = BinaryPrimitives.ReadUInt32LittleEndian(s[(GeometryOffset + 8)..]);
        if (page is < LeastPageBytes or > MostPageBytes || !uint.IsPow2(page) || headerPages > MostRegionPages
            || dataPages is 0 or > MostRegionPages)
        {
            problem = LegacyProblem.BadVariant;
            return false;
        }

        RedbSlot[] slots =
            [RedbSlot.Read(s[SlotsOffset..]), RedbSlot.Read(s[(SlotsOffset + RedbSlot.Size)..])];
        header = new RedbHeader(s[FlagsOffset], new RedbGeometry(page, headerPages, dataPages), slots);
        problem = slots.Min(slot => slot.Problem);
        return header.Candidates().Count > 0;
    }

    /// <summary>
    /// Sound slots in the order in which they are to be believed. After a clean close, and with two-phase commits, the
    /// primary was durable before it was named so. Otherwise the newer one may be a commit that did not arrive whole.
    /// </summary>
    public IReadOnlyList<RedbSlot> Candidates()
    {
        (RedbSlot primary, RedbSlot other) = (_slots[Primary], _slots[1 - Primary]);
        bool otherFirst = NeedsRecovery && !IsTwoPhase && other.Problem == LegacyProblem.None
            && other.TransactionId > primary.TransactionId;
        RedbSlot[] ordered = otherFirst ? [other, primary] : [primary, other];
        return [.. ordered.Where(slot => slot.Problem == LegacyProblem.None)];
    }
}
