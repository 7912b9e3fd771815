using PackStore.Format;

namespace PackStore.Engine.Space;

/// <summary>
/// Which candidates go: all that are too old, then by hours, and within the last hour those first that this process has
/// seen no hit on within it, each in the order of their places. The same candidates give the same choice.
/// </summary>
internal sealed class EvictionChoice
{
    private readonly EvictionCandidates _candidates;
    private readonly IReadOnlySet<RecordLocation> _pinned;
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
        _minHour = minHour;
        _borderHour = minHour;
        long[] byHour = new long[lastHour + 1];
        for (int i = 0; i < candidates.Count; i++)
        {
            if (IsFree(i))
            {
                byHour[candidates.HourOf(i)] += candidates.BytesOf(i);
            }
        }

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

    /// <summary>Whether a candidate goes.</summary>
    public bool IsVictim(int index) => IsFree(index) && IsMeant(index);

    /// <summary>Whether a candidate would go if it were not pinned.</summary>
    public bool IsSavedByPin(int index) =>
        IsMeant(index) && _candidates.LengthOf(index) > 0 && _pinned.Contains(_candidates.LocationOf(index));

    /// <summary>Whether it goes because of its age.</summary>
    public bool IsAged(int index) => _candidates.HourOf(index) < _minHour;

    private bool IsMeant(int index)
    {
        int hour = _candidates.HourOf(index);
        return hour < _borderHour
            || (hour == _borderHour && index <= (_candidates.IsTouched(index) ? _touchedUpTo : _untouchedUpTo));
    }

    private bool IsFree(int index) =>
        _candidates.LengthOf(index) > 0
        && (_pinned.Count == 0 || !_pinned.Contains(_candidates.LocationOf(index)));

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
