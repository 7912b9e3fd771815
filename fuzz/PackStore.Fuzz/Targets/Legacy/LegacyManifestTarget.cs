using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>A staged <c>manifest.bin</c>, and the same bytes as a pointer.</summary>
internal sealed class LegacyManifestTarget : IFuzzTarget
{
    public string Name => "legacy-manifest";

    public IReadOnlyList<byte[]> Seeds() => [Seed(0), Seed(1), Seed(3)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        StagedManifestReader.TryReadPointer(input, out _, out _);
        if (!StagedManifestReader.TryRead(input, out StagedManifest? manifest, out LegacyProblem problem))
        {
            FuzzFailureException.Require(problem != LegacyProblem.None, "refuses with a reason");
            return false;
        }

        (ulong, ulong, string)[] rows = [.. manifest!.Rows.Select(r => (r.Index, r.Size, r.Digest.ToString()))];
        FuzzFailureException.Require(
            input.SequenceEqual(LegacyEncoding.Manifest(manifest.Key, manifest.Generation.ToString(), rows)),
            "encodes again to the same bytes");
        bool isSound = manifest.FindProblem(manifest.Key, manifest.Generation) == LegacyProblem.None;
        FuzzFailureException.Require(
            !isSound || (manifest.OutputsInOrder()!.Count == rows.Length
                && LegacyEncoding.Generation(manifest.Key, rows) == manifest.Generation.ToString()),
            "a sound one has its generation and outputs");
        return true;
    }

    public void Repair(Span<byte> input)
    {
        // Its generation is no part of what makes it readable.
    }

    private static byte[] Seed(int outputs)
    {
        (ulong, ulong, string)[] rows =
            [.. Enumerable.Range(0, outputs).Select(i => ((ulong)i, 5UL, Blake3.HashData([(byte)i]).ToString()))];
        string generation = LegacyEncoding.Generation(LegacySamples.Key, rows);
        return LegacyEncoding.Manifest(LegacySamples.Key, generation, rows);
    }
}
