namespace PackStore.TestKit;

/// <summary>What becomes of a pending unit in a power cut.</summary>
internal enum CrashFate
{
    /// <summary>It never reached the medium.</summary>
    Lost,

    /// <summary>It did.</summary>
    Kept,

    /// <summary>Parts of it did.</summary>
    Torn,
}

/// <summary>What stands where a part of a torn unit was to go.</summary>
internal enum TornPart
{
    /// <summary>What stood there before.</summary>
    Old,

    /// <summary>What was written.</summary>
    New,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>Neither.</summary>
    Garbage,
}

/// <summary>Decides one crash state. Asked for every unit in order, then for the parts of those that are torn, in
/// order.</summary>
internal interface ICrashChooser
{
    /// <summary>The fate of a unit; <see cref="CrashFate.Torn"/> counts as lost for one that cannot be.</summary>
    CrashFate Choose(int index, PendingUnit unit);

    /// <summary>Into which aligned pieces a unit is torn: 8, 512 or 4096 bytes.</summary>
    int PartBytes(PendingUnit unit);

    /// <summary>What stands at one piece.</summary>
    TornPart ChoosePart(PendingUnit unit, long offset);
}

/// <summary>Keeps the units whose bit is set and loses the others: counting through all masks enumerates all such
/// states.</summary>
internal sealed class MaskChooser(ulong kept) : ICrashChooser
{
    /// <summary>Keeps nothing that was not synced.</summary>
    public static MaskChooser LoseAll { get; } = new(0);

    /// <summary>Keeps everything.</summary>
    public static MaskChooser KeepAll { get; } = new(ulong.MaxValue);

    /// <summary>All choices to keep or lose each of <paramref name="units"/> units.</summary>
    public static IEnumerable<MaskChooser> All(int units)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, 20);
        for (ulong mask = 0; mask < 1UL << units; mask++)
        {
            yield return new MaskChooser(mask);
        }
    }

    /// <inheritdoc/>
    public CrashFate Choose(int index, PendingUnit unit)
        => index >= 64 ? (kept == ulong.MaxValue ? CrashFate.Kept : CrashFate.Lost)
            : ((kept >> index) & 1) != 0 ? CrashFate.Kept : CrashFate.Lost;

    /// <inheritdoc/>
    public int PartBytes(PendingUnit unit) => 512;

    /// <inheritdoc/>
    public TornPart ChoosePart(PendingUnit unit, long offset) => TornPart.New;

    /// <inheritdoc/>
    public override string ToString() => $"mask {kept:x}";
}

/// <summary>Chooses at random, the same for the same seed: kept, lost, torn into pieces that are old, new, zero or
/// garbage.</summary>
internal sealed class SeededChooser(int seed) : ICrashChooser
{
    // CA5394 does not apply: nothing here is secret, and the sequence must be the same on every machine.
    private readonly Random _random = new(seed);

    /// <inheritdoc/>
    public CrashFate Choose(int index, PendingUnit unit)
        => unit.CanTear ? (CrashFate)_random.Next(3) : (CrashFate)_random.Next(2);

    /// <inheritdoc/>
    public int PartBytes(PendingUnit unit) => _random.Next(3) switch
    {
        0 => 8,
        1 => 512,
        _ => 4096,
    };

    /// <inheritdoc/>
    public TornPart ChoosePart(PendingUnit unit, long offset) => _random.Next(8) switch
    {
        0 or 1 or 2 => TornPart.Old,
        3 or 4 or 5 => TornPart.New,
        6 => TornPart.Zero,
        _ => TornPart.Garbage,
    };

    /// <inheritdoc/>
    public override string ToString() => $"seed {seed}";
}

/// <summary>Decides by functions given by a test.</summary>
internal sealed class DelegateChooser(
    Func<PendingUnit, CrashFate> fate, Func<long, TornPart>? part = null, int partBytes = 512) : ICrashChooser
{
    /// <inheritdoc/>
    public CrashFate Choose(int index, PendingUnit unit) => fate(unit);

    /// <inheritdoc/>
    public int PartBytes(PendingUnit unit) => partBytes;

    /// <inheritdoc/>
    public TornPart ChoosePart(PendingUnit unit, long offset) => part?.Invoke(offset) ?? TornPart.Old;
}
