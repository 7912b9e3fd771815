using PackStore.Migration.Legacy;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>A directory bundle.</summary>
internal sealed class LegacyBundleTarget : IFuzzTarget
{
    public string Name => "legacy-bundle";

    public IReadOnlyList<byte[]> Seeds() => [Seed(0), Seed(1), Seed(4)];

    public bool Run(ReadOnlySpan<byte> input)
    {
        if (!DirectoryBundleReader.TryRead(input.ToArray(), out DirectoryBundle? bundle, out LegacyProblem problem))
        {
            FuzzFailureException.Require(problem != LegacyProblem.None, "refuses with a reason");
            return false;
        }

        FuzzFailureException.Require(
            input.SequenceEqual(LegacyEncoding.DirectoryBundle(bundle!)), "encodes again to the same bytes");
        foreach (DirectoryBundleEntry entry in bundle!.Entries)
        {
            string below = Path.GetFullPath("below");
            FuzzFailureException.Require(
                Path.GetFullPath(Path.Combine(below, entry.Path)) == Path.Combine(below, entry.Path),
                "a path joined below a directory stays there");
        }

        return true;
    }

    public void Repair(Span<byte> input)
    {
        // There is no magic and no checksum.
    }

    private static byte[] Seed(int files) => LegacyEncoding.DirectoryBundle(new DirectoryBundle
    {
        RootMode = 0x41ED,
        RootModified = new DirectoryBundleTime(1, 2),
        Entries =
        [
            new("d", false, ReadOnlyMemory<byte>.Empty, 0x41ED, new(3, 4)),
            .. Enumerable.Range(0, files).Select(
                i => new DirectoryBundleEntry($"d/f{i}", true, new byte[40], 0x81A4, new(5, 999_999_999))),
        ],
    });
}
