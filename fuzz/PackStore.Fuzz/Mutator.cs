using System.Buffers.Binary;

namespace PackStore.Fuzz;

/// <summary>Makes hostile inputs out of sound ones: flips, numbers, cuts, growth, splices. Seeded.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly long[] s_interesting =
        [
            0, 1, -1, 63, 64, 65, 4095, 4096, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue,
            1L << 30,
        ];

    private readonly Random _random = new(seed);

    /// <summary>A mutation of one seed, or of two spliced.</summary>
    public byte[] Next(IReadOnlyList<byte[]> seeds)
    {
        byte[] input = (byte[])seeds[_random.Next(seeds.Count)].Clone();
        int rounds = 1 + _random.Next(4);
        for (int i = 0; i < rounds && input.Length > 0; i++)
        {
            input = Mutate(input, seeds[_random.Next(seeds.Count)]);
        }

        return input;
    }

    /// <summary>Whether this case should have its checksum repaired, so that deeper checks are reached.</summary>
    public bool RepairsChecksum() => _random.Next(2) == 0;

    private byte[] Mutate(byte[] input, byte[] other)
    {
        int at = _random.Next(input.Length);
        switch (_random.Next(6))
        {
            case 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1:
                input[at] = (byte)_random.Next(256);
                return input;
            case 2:
                Span<byte> number = stackalloc byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(number, s_interesting[_random.Next(s_interesting.Length)]);
                int width = Math.Min(1 << _random.Next(4), input.Length - at);
                number[..width].CopyTo(input.AsSpan(at));
                return input;
            case 3:
                return input[..at];
            case 4:
                byte[] longer = new byte[input.Length + 1 + _random.Next(256)];
                _random.NextBytes(longer);
                input.CopyTo(longer, 0);
                return longer;
            default:
                return [.. input[..at], .. other[Math.Min(at, other.Length)..]];
        }
    }
}
