using System.Runtime.CompilerServices;

namespace PackStore.Engine;

/// <summary>What a lease carries in one word: stamp (bits 63..32) and place (5..0) in its thread's
/// <see cref="EpochSlot"/>, and the hour at which its artifact was last used (31..16).</summary>
internal static class LeaseToken
{
    private const int StampShift = 32;
    private const int HourShift = 16;

    /// <summary>A token without an hour.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Make(int place, uint stamp) => ((ulong)stamp << StampShift) | (uint)place;

    /// <summary>A token and an hour.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong At(ulong token, int hour) => token | ((uint)(ushort)hour << HourShift);

    /// <summary>Whether it is that of place 0 with this stamp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFirst(ulong token, uint stamp) =>
        (uint)(token >> StampShift) == stamp && (ushort)token == 0;

    /// <summary>The place, below <see cref="EpochSlot.MaxLeases"/>.</summary>
    public static int Place(ulong token) => (int)(token & (EpochSlot.MaxLeases - 1));

    /// <summary>The stamp.</summary>
    public static uint Stamp(ulong token) => (uint)(token >> StampShift);

    /// <summary>The hour.</summary>
    public static ushort Hour(ulong token) => (ushort)(token >> HourShift);
}
