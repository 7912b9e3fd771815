using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>A checked record of the key that was asked for. Valid inside the epoch section in which it was
/// found.</summary>
internal ref struct FoundRecord
{
    /// <summary>What was current when it was found, and has its segment.</summary>
    public StoreState State;

    /// <summary>The segment that holds it.</summary>
    public Segment Segment;

    /// <summary>Where it starts there.</summary>
    public long Offset;

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Record;

    /// <summary>Hour at which it was last used, this use included if it counts as one.</summary>
    public ushort Hour;

    /// <summary>Where it stands and when it was used, for a lease.</summary>
    public readonly ulong Place => LeasePlace.Of(new RecordLocation(Segment.Id, Offset), Hour);

    /// <summary>Its header.</summary>
    public readonly RecordHeader Header => RecordHeader.ReadUnchecked(Record);
}
