using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>A <c>KEY.meta</c> of either shape.</summary>
internal sealed class LegacyMetaTarget : IFuzzTarget
{
    public string Name => "legacy-meta";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        LegacySamples.Meta(LegacyMetaShape.A, 0), LegacySamples.Meta(LegacyMetaShape.A, 4),
        LegacySamples.Meta(LegacyMetaShape.B, 3), LegacyEncoding.MetaWithPaths([("a", "/etc/passwd")]),
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        bool isRead = LegacyMetaReader.TryRead(input.ToArray(), out LegacyMeta? meta, out LegacyProblem problem);
        FuzzFailureException.Require(isRead == (problem == LegacyProblem.None), "refuses with a reason");
        FuzzFailureException.Require(
            !isRead || input.SequenceEqual(LegacyEncoding.Meta(meta!)), "encodes again to the same bytes");
        return isRead;
    }

    public void Repair(Span<byte> input)
    {
        // There is no magic and no checksum.
    }
}
