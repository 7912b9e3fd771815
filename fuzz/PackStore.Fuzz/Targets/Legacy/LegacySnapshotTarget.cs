using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>A <c>snapshot.json</c>.</summary>
internal sealed class LegacySnapshotTarget : IFuzzTarget
{
    public string Name => "legacy-snapshot";

    public IReadOnlyList<byte[]> Seeds() =>
    [
        LegacyEncoding.Snapshot(LegacySamples.Key, []),
        [.. LegacyEncoding.Snapshot(LegacySamples.Key, [1]), .. new byte[200].Select(_ => (byte)' ')],
    ];

    public bool Run(ReadOnlySpan<byte> input)
    {
        bool isRead = SnapshotDescriptor.TryRead(input, out SnapshotDescriptor? snapshot, out LegacyProblem problem);
        FuzzFailureException.Require(isRead == (problem == LegacyProblem.None), "refuses with a reason");
        FuzzFailureException.Require(
            !isRead || input.IndexOf(System.Text.Encoding.ASCII.GetBytes(snapshot!.IndexDigest.ToString())) >= 0,
            "the digest is one that stands there");
        return isRead;
    }

    public void Repair(Span<byte> input)
    {
        // There is no checksum.
    }
}
