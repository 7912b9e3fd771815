using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Redb;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>An <c>index.redb</c>, with right checksums three times in four.</summary>
internal sealed class LegacyRedbTarget : IFuzzTarget
{
    private const int FlagsOffset = 9;

    public string Name => "legacy-redb";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        Seed(0, 0), Seed(3, 0), Seed(14, 2), new RedbForge().BuildDeep(5), new RedbForge().BuildTwice(),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        MemoryLegacyBytes bytes = new(input.ToArray());
        if (!RedbReader.TryOpen(bytes, out RedbReader? reader, out LegacyProblem problem))
        {
            FuzzFailureException.Require(problem != LegacyProblem.None, "refuses with a reason");
            return false;
        }

        long read = 0;
        foreach (RedbEntry row in reader!.Rows("artifacts"))
        {
            read += row.Key.Length + row.Value.Length + sizeof(long);
            LegacyRowReader.TryReadR1(row.Value, "", out _, out _);
        }

        FuzzFailureException.Require(read <= input.Length, "no byte is read twice");
        return true;
    }

    public void Repair(Span<byte> input) => RedbForge.Seal(input);

    private static byte[] Seed(int rows, byte flags)
    {
        byte[] value = LegacyEncoding.Row(LegacyIndexShape.R1, LegacySamples.Rows(1)[0]);
        byte[] file = new RedbForge().Build(
            3, ("artifacts", [.. Enumerable.Range(0, rows).Select(i => (new byte[] { (byte)i }, value))]));
        file[FlagsOffset] = flags;
        return file;
    }
}
