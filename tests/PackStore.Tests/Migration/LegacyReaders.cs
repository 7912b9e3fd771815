using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Redb;
using PackStore.TestKit;

namespace PackStore.Tests.Migration;

/// <summary>Every reader as one function: the text of what it reads, or null; and a sample that it reads.</summary>
internal static class LegacyReaders
{
    public static IReadOnlyDictionary<string, (byte[] Sample, Func<byte[], string?> Read)> All { get; } =
        new Dictionary<string, (byte[], Func<byte[], string?>)>(StringComparer.Ordinal)
        {
            ["index R1"] = (RealFiles.Read("index-r1.bin"), ReadIndex),
            ["index R2"] = (RealFiles.Read("index-r2.bin"), ReadIndex),
            ["index R3"] = (RealFiles.Read("index-r3.bin"), ReadIndex),
            ["row"] = (LegacyEncoding.Row(LegacyIndexShape.R1, RealContent.Rows(LegacyIndexShape.R1)[1]), ReadRow),
            ["meta A"] = (RealFiles.Read("meta-shape-a.bin"), ReadMeta),
            ["meta B"] = (RealFiles.Read("meta-shape-b-bytes.bin"), ReadMeta),
            ["manifest"] = (RealFiles.Read("staged-manifest.bin"), ReadManifest),
            ["bundle"] = (RealFiles.Read("directory-bundle.bin"), ReadBundle),
            ["snapshot"] = (LegacyEncoding.Snapshot(RealContent.KeyOf("c"), []), ReadSnapshot),
            ["redb"] = (RedbSample(), ReadRedb),
        };

    public static string? ReadIndex(byte[] file) =>
        LegacyIndexReader.TryRead(file, out LegacyIndex? index, out LegacyProblem problem)
            ? Text(problem, $"{index!.Shape} " + string.Join('\n', index.Rows.Select(LegacyText.Of)))
            : Refused(problem);

    public static string? ReadMeta(byte[] file) =>
        LegacyMetaReader.TryRead(file, out LegacyMeta? meta, out LegacyProblem problem)
            ? Text(problem, LegacyText.Of(meta!))
            : Refused(problem);

    public static string? ReadManifest(byte[] file) =>
        StagedManifestReader.TryRead(file, out StagedManifest? manifest, out LegacyProblem problem)
            ? Text(problem, LegacyText.Of(manifest!))
            : Refused(problem);

    public static string? ReadBundle(byte[] file) =>
        DirectoryBundleReader.TryRead(file, out DirectoryBundle? bundle, out LegacyProblem problem)
            ? Text(problem, LegacyText.Of(bundle!))
            : Refused(problem);

    /// <summary>Two tables of several levels, one row too long for a base page.</summary>
    public static byte[] RedbSample() => new RedbForge().Build(
        7,
        ("artifacts", [.. Enumerable.Range(0, 20).Select(i => (Key(i), RealFiles.Pattern(i, i == 7 ? 3000 : i * 5)))]),
        ("kv", [(Key(1), Key(2))]));

    private static string? ReadRow(byte[] value) =>
        LegacyRowReader.TryReadR1(value, "k", out LegacyRow? row, out LegacyProblem problem)
            ? Text(problem, LegacyText.Of(row!))
            : Refused(problem);

    private static string? ReadSnapshot(byte[] file) =>
        SnapshotDescriptor.TryRead(file, out SnapshotDescriptor? snapshot, out LegacyProblem problem)
            ? Text(problem, snapshot!.ToString())
            : Refused(problem);

    private static string? ReadRedb(byte[] file)
    {
        if (!RedbReader.TryOpen(new MemoryLegacyBytes(file), out RedbReader? reader, out LegacyProblem problem))
        {
            return Refused(problem);
        }

        string rows = string.Join('\n', reader!.Rows("artifacts").Select(
            row => $"{Convert.ToHexString(row.Key.Span)} {Convert.ToHexString(row.Value.Span)}"));
        return reader.Losses.Count == 0 ? rows : null;
    }

    private static byte[] Key(int number) => System.Text.Encoding.ASCII.GetBytes(RealContent.KeyOf($"key {number}"));

    // A reader that succeeds reports no problem, and one that refuses reports one.
    private static string Text(LegacyProblem problem, string text) =>
        problem == LegacyProblem.None ? text : throw new InvalidOperationException($"read, and yet {problem}");

    private static string? Refused(LegacyProblem problem) =>
        problem == LegacyProblem.None ? throw new InvalidOperationException("refused without a reason") : null;
}
