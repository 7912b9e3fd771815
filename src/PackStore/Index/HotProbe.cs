using System.Numerics;
using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Proof;

namespace PackStore.Index;

/// <summary>
/// The short ways into the index, for the steady state: no side effect, no loop where a bucket does not overflow. What
/// they cannot say is for <see cref="IndexProbe"/>.
/// </summary>
/// <remarks>Both give the word of the first entry of the hash's tag, if it is verified and its use at the hour noted
/// already; <see cref="IndexWord.Absent"/> if there is certainly none: nothing in the whole chain, nothing on the move;
/// zero if neither can be said. Of all entries 5 to 9 % stand in overflow buckets, by how far the table is between two
/// doublings, so that the second is worth having.</remarks>
internal static class HotProbe
{
    /// <summary>Looks at a hash's first bucket only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Find(IndexTable table, ulong hash, int usedHour)
    {
        ulong shape = table.Shape;
        ref ulong words = ref table.FirstWord((uint)TableShape.BucketOf(shape, hash));
        ulong control = Volatile.Read(ref words);
        SchedulePoint.Reach("hot.bucket");
        uint lanes = IndexProbe.Match(ref words, IndexWord.Tag(hash, IndexControl.TagBase(control)));
        SchedulePoint.Reach("hot.matched");
        if (lanes == 0)
        {
            bool isAbsent = IndexControl.Overflow(control) == 0
                && !TableShape.IsMoving(shape) && table.Shape == shape;
            return isAbsent ? IndexWord.Absent : 0;
        }

        return WordOf(ref words, control, lanes, usedHour);
    }

    /// <summary>Looks at a hash's first bucket and those it overflows into.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong FindChained(IndexTable table, ulong hash, int usedHour)
    {
        ulong shape = table.Shape;
        // A garbage link from a damaged snapshot ends the walk, and so does a circle.
        int overflowCount = table.OverflowCount;
        ref ulong words = ref table.FirstWord((uint)TableShape.BucketOf(shape, hash));
        ulong control = Volatile.Read(ref words);
        ulong tag = IndexWord.Tag(hash, IndexControl.TagBase(control));
        uint lanes = IndexProbe.Match(ref words, tag);
        for (int hops = 0; lanes == 0; hops++)
        {
            int link = IndexControl.Overflow(control);
            if (link == 0)
            {
                return !TableShape.IsMoving(shape) && table.Shape == shape ? IndexWord.Absent : 0;
            }

            if (link > overflowCount || hops > overflowCount)
            {
                return 0;
            }

            words = ref table.OverflowBucket(link - 1)[0];
            control = Volatile.Read(ref words);
            SchedulePoint.Reach("hot.chained");
            lanes = IndexProbe.Match(ref words, tag);
        }

        return WordOf(ref words, control, lanes, usedHour);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong WordOf(ref ulong words, ulong control, uint lanes, int usedHour)
    {
        // The word is read again and its tag is not: the record's key decides, and an emptied slot is not verified.
        int lane = BitOperations.TrailingZeroCount(lanes);
        ulong word = Volatile.Read(ref Unsafe.Add(ref words, lane));
        ulong isHot = (control << 1 >> lane) & word & IndexWord.Verified;
        ulong otherHour = ((control >> IndexControl.HourShift) ^ (uint)usedHour) & ushort.MaxValue;
        return ((isHot ^ IndexWord.Verified) | otherHour) == 0 ? word : 0;
    }
}
