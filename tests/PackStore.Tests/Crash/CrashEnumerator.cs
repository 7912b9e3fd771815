using PackStore.TestKit;

namespace PackStore.Tests.Crash;

/// <summary>
/// The crash states of one moment: every choice to keep or lose each pending unit while there are few; beyond that the
/// choices in which faults
/// hide (nothing, everything, all but one, one alone, each prefix, each unit torn), and then random ones, the same in
/// every run.
/// </summary>
internal static class CrashEnumerator
{
    /// <summary>Up to so many pending units all choices to keep or lose are taken, if the budget allows.</summary>
    public const int ExhaustiveUnits = 12;

    private static readonly int[] s_partBytes = [8, 512, 4096];

    /// <summary>At most <paramref name="budget"/> choices for this moment.</summary>
    public static IEnumerable<ICrashChooser> Choices(IReadOnlyList<PendingUnit> pending, int budget, int seed)
    {
        int units = pending.Count;
        bool isExhaustive = units <= ExhaustiveUnits && 1 << units <= Math.Max(budget / 2, 2);
        IEnumerable<ICrashChooser> chosen = isExhaustive ? MaskChooser.All(units) : Structured(pending, seed);
        return chosen.Concat(Random(seed)).Take(units == 0 ? 1 : budget);
    }

    private static IEnumerable<ICrashChooser> Structured(IReadOnlyList<PendingUnit> pending, int seed)
    {
        yield return MaskChooser.LoseAll;
        yield return MaskChooser.KeepAll;
        // Which ones fit the budget differs from moment to moment.
        int[] order = [.. Enumerable.Range(0, pending.Count)];
        new Random(seed).Shuffle(order);
        foreach (int i in order)
        {
            yield return new PickChooser(j => j == i ? CrashFate.Lost : CrashFate.Kept);
            yield return new PickChooser(j => j <= i ? CrashFate.Kept : CrashFate.Lost);
            if (pending[i].CanTear)
            {
                yield return new PickChooser(j =>
                    j == i ? CrashFate.Torn : CrashFate.Kept, s_partBytes[i % 3], seed + i);
                yield return new PickChooser(j =>
                    j < i ? CrashFate.Kept : j == i ? CrashFate.Torn
                        : CrashFate.Lost, s_partBytes[(i + 1) % 3], seed + i);
            }

            yield return new PickChooser(j => j == i ? CrashFate.Kept : CrashFate.Lost);
        }
    }

    private static IEnumerable<ICrashChooser> Random(int seed)
    {
        for (int i = 0; ; i++)
        {
            yield return new SeededChooser(seed + (i * 7919));
        }
    }

    private sealed class PickChooser(Func<int, CrashFate> fate, int partBytes = 512, int seed = 0) : ICrashChooser
    {
        private readonly SeededChooser _parts = new(seed);
        private readonly List<CrashFate> _fates = [];

        public CrashFate Choose(int index, PendingUnit unit)
        {
            _fates.Add(fate(index));
            return _fates[^1];
        }

        public int PartBytes(PendingUnit unit) => partBytes;

        public TornPart ChoosePart(PendingUnit unit, long offset) => _parts.ChoosePart(unit, offset);

        public override string ToString() =>
            $"fates {string.Concat(_fates.Select(f => f.ToString()[0]))} parts {partBytes} seed {seed}";
    }
}
