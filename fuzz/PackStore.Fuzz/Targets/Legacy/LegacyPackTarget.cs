using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>A <c>KEY.pack</c>: its directory against its length.</summary>
internal sealed class LegacyPackTarget : IFuzzTarget
{
    public string Name => "legacy-pack";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        LegacyEncoding.Pack([]), LegacyEncoding.Pack([new byte[40], [], new byte[7]]),
        LegacyEncoding.Pack([.. Enumerable.Range(0, 12).Select(i => new byte[i])]),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        bool isRead = LegacyPackReader.TryReadDirectory(
            input, input.Length, out LegacyRange[] ranges, out LegacyProblem problem);
        if (!isRead)
        {
            FuzzFailureException.Require(problem != LegacyProblem.None, "refuses with a reason");
            return false;
        }

        int directory = LegacyPackReader.FrontBytes + (16 * ranges.Length);
        bool[] taken = new bool[input.Length];
        foreach (LegacyRange range in ranges)
        {
            FuzzFailureException.Require(range.Offset >= directory, "no range is in the directory");
            foreach (ref bool isTaken in taken.AsSpan((int)range.Offset, (int)range.Length))
            {
                FuzzFailureException.Require(!isTaken, "no two ranges share bytes");
                isTaken = true;
            }
        }

        return true;
    }

    public void Repair(Span<byte> input) => "ZCPK"u8[..Math.Min(4, input.Length)].CopyTo(input);
}
