using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>A checked record of the key that was asked for. Valid inside the epoch section in which it was
/// found.</summary>
internal ref struct FoundRecord
{
    /// <summary>The segment that holds it.</summary>
    public Segment Segment;

    /// <summary>Where it starts there.</summary>
    public long Offset;

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Record;

    /// <summary>Hour at which it was last used, this use included if it counts as one.</summary>
    public ushort Hour;

    /// <summary>Its header.</summary>
    public readonly RecordHeader Header => RecordHeader.ReadUnchecked(Record);
}
