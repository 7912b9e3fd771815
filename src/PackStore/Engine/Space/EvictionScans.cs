using System.Runtime.CompilerServices;
using PackStore.Index;

namespace PackStore.Engine.Space;

/// <summary>Counts the slots of each hour.</summary>
internal struct HourCounts() : ISlotVisitor
{
    /// <summary>Hours of recency there can be.</summary>
    public const int Hours = ushort.MaxValue + 1;

    private readonly long[] _counts = new long[Hours];

    /// <summary>Slots of each hour.</summary>
    public readonly long[] ByHour => _counts;

    /// <summary>Slots in all.</summary>
    public long Total { get; private set; }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(long slot, ulong word, ushort hour, bool isTouched)
    {
        _counts[hour]++;
        Total++;
    }

    /// <summary>The first hour up to which there are at least so many slots, not before a given one; and how many
    /// there are.</summary>
    public readonly int HourOfCount(long wanted, int notBefore, out long count)
    {
        count = 0;
        int last = 0;
        for (int hour = 0; hour < Hours; hour++)
        {
            if (_counts[hour] > 0)
            {
                if (count >= wanted && hour >= notBefore)
                {
                    break;
                }

                count += _counts[hour];
                last = hour;
            }
        }

        return last;
    }
}

/// <summary>Collects the slots last used up to an hour.</summary>
internal readonly struct CandidateCollector(EvictionCandidates candidates, int lastHour) : ISlotVisitor
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(long slot, ulong word, ushort hour, bool isTouched)
    {
        if (hour <= lastHour)
        {
            candidates.Add(slot, word, hour, isTouched);
        }
    }
}
