using PackStore.Engine.Space;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>The sort that eviction puts a million slots into the order of their places with.</summary>
public sealed class KeyedSorterTests
{
    [Theory]
    [InlineData(0, 64, 0)]
    [InlineData(1, 64, 0)]
    [InlineData(2, 64, 0)]
    [InlineData(255, 1, 0)]
    [InlineData(1000, 7, 0)]
    [InlineData(1000, 24, 17)]
    [InlineData(5000, 46, 17)]
    [InlineData(5000, 64, 0)]
    [InlineData(5000, 9, 55)]
    public void Numbers_come_out_in_order_with_their_values_and_equal_ones_as_they_were(
        int count, int bits, int lowestBit)
    {
        Random random = new(count + bits);
        KeyedSorter sorter = new();
        ulong[] keys = [];
        long[] values = [];

        // A smaller one in between: what an earlier sort left in the spare arrays is not to be seen.
        foreach (int length in new[] { count, count / 3, count })
        {
            if (keys.Length < length)
            {
                (keys, values) = (new ulong[length], new long[length]);
            }

            for (int i = 0; i < length; i++)
            {
                ulong below = (ulong)random.NextInt64() & ((1UL << lowestBit) - 1);
                keys[i] = ((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits) << lowestBit) | below;
                values[i] = i;
            }

            (ulong Key, long Value)[] expected =
                [.. keys.Take(length).Zip(values).OrderBy(pair => pair.First >> lowestBit)];
            sorter.Sort(ref keys, ref values, length, lowestBit);
            Assert.Equal(expected, keys.Take(length).Zip(values));
        }
    }

    [Fact]
    public void A_byte_in_which_all_agree_between_two_in_which_they_differ_is_left_out()
    {
        ulong[] keys = [0x0200_AB01, 0x0100_AB02, 0x0200_AB00, 0x0100_AB00];
        long[] values = [0, 1, 2, 3];
        new KeyedSorter().Sort(ref keys, ref values, 4, 0);
        Assert.Equal([3, 1, 2, 0], values.Take(4));
        Assert.Equal([0x0100_AB00UL, 0x0100_AB02, 0x0200_AB00, 0x0200_AB01], keys.Take(4));
    }
}
