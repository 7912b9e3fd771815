namespace PackStore.Fuzz;

/// <summary>SplitMix64: a case depends on nothing but the run's seed and its own number.</summary>
internal struct FuzzRandom(ulong seed, ulong iteration)
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;
    private ulong _state = Mix(seed + Step) ^ Mix((iteration + 1) * Step);

    public ulong Next() => Mix(_state += Step);

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
