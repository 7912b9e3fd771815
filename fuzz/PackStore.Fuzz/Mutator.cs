using System.Buffers.Binary;

namespace PackStore.Fuzz;

/// <summary>Makes a case of the seeds: a few small changes, and mostly right checksums again.</summary>
internal static class Mutator
{
    private const int MaxBytes = 64 << 10;
    private const int MostChanges = 6;
    private const int FrontBytes = 160;

    private static readonly long[] s_interesting =
    [
        0, 1, 2, 3, 4, 7, 31, 32, 63, 64, 65, 127, 128, 255, 256, 4096, 32_767, 32_768, 65_535, 65_536, 1 << 20,
        (1 << 20) + 1, (1 << 22) - 1, 1 << 22, 1 << 24, 1 << 30, int.MaxValue - 1, int.MaxValue, int.MinValue,
        uint.MaxValue, 1L << 32, long.MaxValue, long.MinValue, -1, -2, -64,
    ];

    /// <summary>One case.</summary>
    public static byte[] Make(IFuzzTarget target, IReadOnlyList<byte[]> seeds, ref FuzzRandom random)
    {
        byte[] bytes = (byte[])seeds[random.Below(seeds.Count)].Clone();
        int changes = 1 + random.Below(MostChanges);
        for (int i = 0; i < changes; i++)
        {
            bytes = Change(bytes, seeds, ref random);
        }

        if (random.Below(4) != 0)
        {
            target.Repair(bytes);
        }

        return bytes;
    }

    private static byte[] Change(byte[] bytes, IReadOnlyList<byte[]> seeds, ref FuzzRandom random)
    {
        if (bytes.Length == 0)
        {
            return new byte[1 + random.Below(256)];
        }

        int at = Place(bytes.Length, ref random);
        switch (random.Below(16))
        {
            case < 4:
                bytes[at] ^= (byte)(1 << random.Below(8));
                return bytes;
            case < 7:
                bytes[at] = (byte)random.Next();
                return bytes;
            case < 12:
                WriteInteresting(bytes, at, ref random);
                return bytes;
            case 12:
                return bytes[..at];
            case 13:
                return Extend(bytes, ref random);
            default:
                return Splice(bytes, at, seeds[random.Below(seeds.Count)], ref random);
        }
    }

    /// <summary>Every other time in the front, where the fields are; every other time at a multiple of four.</summary>
    private static int Place(int length, ref FuzzRandom random)
    {
        int at = random.Below(random.Below(2) == 0 ? Math.Min(length, FrontBytes) : length);
        return random.Below(2) == 0 ? at & ~3 : at;
    }

    private static void WriteInteresting(byte[] bytes, int at, ref FuzzRandom random)
    {
        int pick = random.Below(s_interesting.Length + 1);
        long value = pick < s_interesting.Length ? s_interesting[pick] : bytes.Length + random.Below(5) - 2;
        Span<byte> word = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(word, value);
        int width = Math.Min(1 << random.Below(4), bytes.Length - at);
        word[..width].CopyTo(bytes.AsSpan(at));
    }

    private static byte[] Extend(byte[] bytes, ref FuzzRandom random)
    {
        int more = 1 + random.Below(256);
        more = random.Below(2) == 0 ? (more + 63) & ~63 : more;
        byte[] longer = new byte[Math.Min(bytes.Length + more, MaxBytes)];
        bytes.AsSpan(0, Math.Min(bytes.Length, longer.Length)).CopyTo(longer);
        byte filler = random.Below(2) == 0 ? (byte)0 : (byte)random.Next();
        longer.AsSpan(Math.Min(bytes.Length, longer.Length)).Fill(filler);
        return longer;
    }

    private static byte[] Splice(byte[] bytes, int at, byte[] other, ref FuzzRandom random)
    {
        int from = other.Length == 0 ? 0 : random.Below(other.Length);
        byte[] joined = [.. bytes.AsSpan(0, at), .. other.AsSpan(from)];
        return joined.Length <= MaxBytes ? joined : joined[..MaxBytes];
    }
}
