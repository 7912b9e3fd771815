using System.Runtime.CompilerServices;

namespace PackStore.Engine.Space;

/// <summary>
/// Sorts numbers, and a value with each, byte by byte from the lowest: no comparisons to mispredict, and bytes in which
/// all numbers agree cost nothing.
/// </summary>
/// <remarks>
/// Numbers that do not differ from the lowest bit on keep their order. Holds a spare of the arrays it sorts, so that
/// one sorter serves many sorts. Compiled in full at once, as all bulk passes: see
/// docs/decisions/20261126-bulk-passes.md.
/// </remarks>
internal sealed class KeyedSorter
{
    private const int DigitBits = 8;
    private const int Digits = 1 << DigitBits;
    private ulong[] _spareKeys = [];
    private long[] _spareValues = [];

    /// <summary>Sorts the first <paramref name="count"/> by their bits from <paramref name="lowestBit"/> on. The arrays
    /// may come back exchanged for others as long or longer.</summary>
    public void Sort(ref ulong[] keys, ref long[] values, int count, int lowestBit)
    {
        if (_spareKeys.Length < count)
        {
            _spareKeys = new ulong[keys.Length];
            _spareValues = new long[values.Length];
        }

        ulong differing = FindDifferingBits(keys.AsSpan(0, count));
        for (int shift = lowestBit; shift < 64 && differing >> shift != 0; shift += DigitBits)
        {
            if ((byte)(differing >> shift) == 0)
            {
                continue;
            }

            Distribute(keys.AsSpan(0, count), values.AsSpan(0, count), _spareKeys, _spareValues, shift);
            (keys, _spareKeys) = (_spareKeys, keys);
            (values, _spareValues) = (_spareValues, values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong FindDifferingBits(ReadOnlySpan<ulong> keys)
    {
        ulong differing = 0;
        for (int i = 1; i < keys.Length; i++)
        {
            differing |= keys[i] ^ keys[0];
        }

        return differing;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Distribute(
        ReadOnlySpan<ulong> keys, ReadOnlySpan<long> values, Span<ulong> toKeys, Span<long> toValues, int shift)
    {
        Span<int> starts = stackalloc int[Digits];
        starts.Clear();
        foreach (ulong key in keys)
        {
            starts[(byte)(key >> shift)]++;
        }

        int start = 0;
        for (int digit = 0; digit < Digits; digit++)
        {
            (starts[digit], start) = (start, start + starts[digit]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            ulong key = keys[i];
            int to = starts[(byte)(key >> shift)]++;
            toKeys[to] = key;
            toValues[to] = values[i];
        }
    }
}
