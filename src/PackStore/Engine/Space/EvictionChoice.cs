using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Index;

namespace PackStore.Engine.Space;

/// <summary>
/// Which candidates go: all that are too old, then by hours, and within the last hour those first that this process has
/// seen no hit on within it, each in the order of their places. The same candidates give the same choice.
/// </summary>
/// <remarks>What goes over all candidates is compiled in full at once: see docs/decisions/20261126-bulk-passes.md.
/// </remarks>
internal sealed class EvictionChoice
{
    private readonly EvictionCandidates _candidates;
    private readonly IReadOnlySet<RecordLocation> _pinned;
    private readonly bool _hasPins;
    private readonly int _minHour;

    // Everything of earlier hours goes. Of the border hour go those up to a number in the list: untouched ones first.
    private readonly int _borderHour;
    private readonly int _untouchedUpTo = -1;
    private readonly int _touchedUpTo = -1;

    /// <summary>Chooses. The candidates are described, and hold everything last used at <paramref name="lastHour"/> or
    /// before.</summary>
    public EvictionChoice(
        EvictionCandidates candidates, IReadOnlySet<RecordLocation> pinned, int minHour, long bytes, int lastHour)
    {
        _candidates = candidates;
        _pinned = pinned;
        _hasPins = pinned.Count > 0;
        _minHour = minHour;
        _borderHour = minHour;
        long[] byHour = SumByHour(lastHour + 1);
        long chosen = byHour.AsSpan(0, Math.Min(minHour, byHour.Length)) is { IsEmpty: false } aged ? Sum(aged) : 0;
        while (chosen < bytes && _borderHour <= lastHour && chosen + byHour[_borderHour] <= bytes)
        {
            chosen += byHour[_borderHour++];
        }

        if (chosen < bytes && _borderHour <= lastHour)
        {
            chosen += ChooseWithin(bytes - chosen, isTouched: false, ref _untouchedUpTo);
            chosen += ChooseWithin(bytes - chosen, isTouched: true, ref _touchedUpTo);
        }

        Bytes = chosen;
    }

    /// <summary>What they have in all.</summary>
    public long Bytes { get; }

    /// <summary>Gives the next candidates that go.</summary>
    /// <param name="next">The first that was not looked at yet.</param>
    /// <param name="victims">Room for their slots.</param>
    /// <param name="savedByPin">How many would go if they were not pinned.</param>
    /// <returns>How many there are; fewer than there is room for when all were looked at.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int NextVictims(ref int next, Span<SeenSlot> victims, out int savedByPin)
    {
        savedByPin = 0;
        int count = 0;
        for (; next < _candidates.Count && count < victims.Length; next++)
        {
            if (IsMeant(next) && _candidates.LengthOf(next) > 0)
            {
                if (IsPinned(next))
                {
                    savedByPin++;
                }
                else
                {
                    victims[count++] = _candidates.SlotOf(next);
                }
            }
        }

        return count;
    }

    /// <summary>What victims come to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public EvictionSum SumUp(ReadOnlySpan<SeenSlot> victims)
    {
        EvictionSum sum = new();
        foreach (ref readonly SeenSlot victim in victims)
        {
            int index = victim.Number;
            sum.Artifacts++;
            sum.Aged += IsAged(index) ? 1 : 0;
            sum.Payloads += _candidates.PayloadsOf(index);
            sum.RecordBytes += _candidates.LengthOf(index);
            sum.NewestHour = Math.Max(sum.NewestHour, victim.Hour);
            if (_candidates.HasLoose(index))
            {
                (int files, long bytes) = _candidates.LooseOf(index);
                sum.LooseFiles += files;
                sum.LooseBytes += bytes;
            }
        }

        return sum;
    }

    /// <summary>Whether a candidate goes because of its age.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsAged(int index) => _candidates.HourOf(index) < _minHour;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsMeant(int index)
    {
        int hour = _candidates.HourOf(index);
        return hour < _borderHour
            || (hour == _borderHour && index <= (_candidates.IsTouched(index) ? _touchedUpTo : _untouchedUpTo));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsFree(int index) => _candidates.LengthOf(index) > 0 && !IsPinned(index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPinned(int index) => _hasPins && _pinned.Contains(_candidates.LocationOf(index));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long[] SumByHour(int hours)
    {
        long[] bytes = new long[hours];
        for (int i = 0; i < _candidates.Count; i++)
        {
            if (IsFree(i))
            {
                bytes[_candidates.HourOf(i)] += _candidates.BytesOf(i);
            }
        }

        return bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long ChooseWithin(long bytes, bool isTouched, ref int upTo)
    {
        long chosen = 0;
        for (int i = 0; i < _candidates.Count && chosen < bytes; i++)
        {
            if (_candidates.HourOf(i) == _borderHour && _candidates.IsTouched(i) == isTouched && IsFree(i))
            {
                chosen += _candidates.BytesOf(i);
                upTo = i;
            }
        }

        return chosen;
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        long sum = 0;
        foreach (long value in values)
        {
            sum += value;
        }

        return sum;
    }
}
