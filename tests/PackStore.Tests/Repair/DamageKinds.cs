namespace PackStore.Tests.Repair;

/// <summary>Every way a single file of a store can be damaged that is tried: bits, ends, sectors, whole
/// files.</summary>
internal static class DamageKinds
{
    private const int SectorBytes = 512;

    /// <summary>Every single bit turned.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Bits(DamageSample sample, int step)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            for (long bit = 0; bit < bytes.Length * 8L; bit += step)
            {
                long at = bit;
                yield return ($"bit {at % 8} of {name}@{at / 8}", () => sample.Image.With(name, Turn(bytes, at)));
            }
        }
    }

    /// <summary>Every length that a file can be cut to.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Ends(DamageSample sample, int step)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            for (int length = 0; length < bytes.Length; length += step)
            {
                int end = length;
                yield return ($"{name} cut to {end}", () => sample.Image.With(name, bytes[..end]));
            }
        }
    }

    /// <summary>Every sector zeroed, and swapped with every other of its file.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Sectors(DamageSample sample)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            int sectors = (bytes.Length + SectorBytes - 1) / SectorBytes;
            for (int i = 0; i < sectors; i++)
            {
                int first = i;
                yield return ($"sector {first} of {name} zeroed", () => sample.Image.With(name, Zero(bytes, first)));
                for (int j = i + 1; (j + 1) * SectorBytes <= bytes.Length; j++)
                {
                    int second = j;
                    yield return ($"sectors {first} and {second} of {name} swapped",
                        () => sample.Image.With(name, Swap(bytes, first, second)));
                }
            }
        }
    }

    /// <summary>Every file deleted, emptied, replaced by its older self or by another file, and extended.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Files(DamageSample sample)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            yield return ($"{name} deleted", () => sample.Image.With(name, null));
            yield return ($"{name} emptied", () => sample.Image.With(name, []));
            yield return ($"{name} zeroed", () => sample.Image.With(name, new byte[bytes.Length]));
            foreach (int more in new[] { 1, 64, 512, 5000 })
            {
                byte[] garbage = new byte[more];
                new Random(more).NextBytes(garbage);
                yield return ($"{name} extended by {more}", () => sample.Image.With(name, [.. bytes, .. garbage]));
            }

            if (sample.Older.Files.TryGetValue(name, out byte[]? older) && !older.AsSpan().SequenceEqual(bytes))
            {
                yield return ($"{name} as it was before", () => sample.Image.With(name, older));
            }

            foreach ((string other, byte[] content) in sample.Image.Files)
            {
                if (other != name)
                {
                    yield return ($"{name} replaced by {other}", () => sample.Image.With(name, content));
                }
            }
        }
    }

    private static byte[] Turn(byte[] bytes, long bit)
    {
        byte[] changed = [.. bytes];
        changed[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return changed;
    }

    private static byte[] Zero(byte[] bytes, int sector)
    {
        byte[] changed = [.. bytes];
        int from = sector * SectorBytes;
        changed.AsSpan(from, Math.Min(SectorBytes, bytes.Length - from)).Clear();
        return changed;
    }

    private static byte[] Swap(byte[] bytes, int first, int second)
    {
        byte[] changed = [.. bytes];
        bytes.AsSpan(first * SectorBytes, SectorBytes).CopyTo(changed.AsSpan(second * SectorBytes));
        bytes.AsSpan(second * SectorBytes, SectorBytes).CopyTo(changed.AsSpan(first * SectorBytes));
        return changed;
    }
}
