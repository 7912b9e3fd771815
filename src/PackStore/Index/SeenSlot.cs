using PackStore.Format;

namespace PackStore.Index;

/// <summary>A slot of a frozen index as somebody saw it, to be emptied if it is still like that.</summary>
/// <param name="Slot">Its number, see <see cref="IndexScan"/>.</param>
/// <param name="Word">Its word; only the location counts.</param>
/// <param name="Hour">The hour its record was last used.</param>
/// <param name="Number">What who saw it knows it by.</param>
internal readonly record struct SeenSlot(long Slot, ulong Word, ushort Hour, int Number)
{
    /// <summary>Whether its bucket is one of overflow.</summary>
    public bool IsOverflow => Slot >= IndexScan.OverflowBase;

    /// <summary>The bucket's number.</summary>
    public int Bucket => (int)((IsOverflow ? Slot - IndexScan.OverflowBase : Slot) >> 3);

    /// <summary>Its place in the bucket.</summary>
    public int Lane => (int)Slot & 7;

    /// <summary>Where it led.</summary>
    public RecordLocation Location => IndexWord.Location(Word);
}
