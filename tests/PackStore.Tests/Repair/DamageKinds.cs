namespace PackStore.Tests.Repair;

/// <summary>Every way a single file of a store can be damaged that is tried: bits, ends, sectors, whole
/// files.</summary>
internal static class DamageKinds
{
    private const int SectorBytes = 512;

    /// <summary>Every single bit turned.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Bits(DamageSample sample)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            for (long bit = 0; bit < bytes.Length * 8L; bit++)
            {
                long at = bit;
                yield return ($"bit {at % 8} of {name}@{at / 8}", () => sample.Image.With(name, Turn(bytes, at)));
            }
        }
    }

    /// <summary>Every length that a file can be cut to.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Ends(DamageSample sample)
    {
        foreach ((string name, byte[] bytes) in sample.Image.Files)
        {
            for (int length = 0; length < bytes.Length; length++)
            {
                int end = length;
                yield return ($"{name} cut to {end}", () => sample.Image.With(name, bytes[..end]));
            }
        }
    }

    /// <summary>Every sector zeroed, and swapped with every other of the store.</summary>
    public static IEnumerable<(string What, Func<StoreImage> Make)> Sectors(DamageSample sample)
    {
        (string Name, int From)[] sectors =
        [
            .. sample.Image.Files.SelectMany(static f =>
                Enumerable.Range(0, (f.Value.Length + SectorBytes - 1) / SectorBytes)
                    .Select(i => (f.Key, i * SectorBytes))),
        ];
        for (int i = 0; i < sectors.Length; i++)
        {
            (string Name, int From) first = sectors[i];
            yield return ($"{first} zeroed",
                () => sample.Image.With(first.Name, Put(sample.Image, first, new byte[SectorBytes])));
            for (int j = i + 1; j < sectors.Length; j++)
            {
                (string Name, int From) second = sectors[j];
                yield return ($"{first} and {second} swapped", () => Swap(sample.Image, first, second));
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

    private static StoreImage Swap(StoreImage image, (string Name, int From) first, (string Name, int From) second)
    {
        byte[] left = Sector(image, first);
        byte[] right = Sector(image, second);
        StoreImage half = image.With(first.Name, Put(image, first, right));
        return half.With(second.Name, Put(half, second, left));
    }

    /// <summary>A sector's bytes; the last one of a file may be short, as its file is.</summary>
    private static byte[] Sector(StoreImage image, (string Name, int From) sector)
    {
        byte[] bytes = image.Files[sector.Name];
        return bytes[sector.From..Math.Min(bytes.Length, sector.From + SectorBytes)];
    }

    private static byte[] Put(StoreImage image, (string Name, int From) sector, byte[] content)
    {
        byte[] changed = [.. image.Files[sector.Name]];
        Span<byte> room = changed.AsSpan(sector.From, Math.Min(SectorBytes, changed.Length - sector.From));
        room.Clear();
        content.AsSpan(0, Math.Min(content.Length, room.Length)).CopyTo(room);
        return changed;
    }
}
