namespace PackStore.Engine;

/// <summary>What a lease gives back to its thread's <see cref="EpochSlot"/>: stamp (bits 63..32) and place
/// (5..0).</summary>
internal static class LeaseToken
{
    /// <summary>What the stamp of a token grows by.</summary>
    public const ulong NextStamp = 1UL << StampShift;

    private const int StampShift = 32;

    /// <summary>Makes a token.</summary>
    public static ulong Make(int place, uint stamp) => ((ulong)stamp << StampShift) | (uint)place;

    /// <summary>The place, below <see cref="EpochSlot.MaxLeases"/>.</summary>
    public static int Place(ulong token) => (int)(token & (EpochSlot.MaxLeases - 1));

    /// <summary>The stamp.</summary>
    public static uint Stamp(ulong token) => (uint)(token >> StampShift);
}
