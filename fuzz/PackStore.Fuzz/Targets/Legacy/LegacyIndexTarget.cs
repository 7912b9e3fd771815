using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>An <c>index.bin</c> of any shape.</summary>
internal sealed class LegacyIndexTarget : IFuzzTarget
{
    public string Name => "legacy-index";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        LegacyEncoding.Index(LegacyIndexShape.R1, LegacySamples.Rows(3)),
        LegacyEncoding.Index(LegacyIndexShape.R2, LegacySamples.Rows(3)),
        LegacyEncoding.Index(LegacyIndexShape.R3, LegacySamples.Rows(4)), new byte[8],
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (!LegacyIndexReader.TryRead(input.ToArray(), out LegacyIndex? index, out LegacyProblem problem))
        {
            FuzzFailureException.Require(problem != LegacyProblem.None, "refuses with a reason");
            return false;
        }

        foreach (LegacyRow row in index!)
        {
            LegacyProblem rowProblem = row.FindProblem();
            FuzzFailureException.Require(
                rowProblem != LegacyProblem.None || ArtifactKey.TryParse(row.Key, out _), "a sound row has a key");
        }

        FuzzFailureException.Require(
            input.SequenceEqual(LegacyEncoding.Index(index.Shape, index)), "encodes again to the same bytes");
        return true;
    }

    public void Repair(Span<byte> input)
    {
        // There is no magic and no checksum.
    }
}
