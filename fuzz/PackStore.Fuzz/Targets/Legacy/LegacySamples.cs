using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.TestKit;

namespace PackStore.Fuzz.Targets.Legacy;

/// <summary>What the legacy targets start from: small files that the kit's encoders write.</summary>
internal static class LegacySamples
{
    public static string Key { get; } = Blake3.HashData("key"u8).ToString();

    /// <summary>Rows with everything a shape can hold.</summary>
    public static IReadOnlyList<LegacyRow> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new LegacyRow
    {
        Key = i == 1 ? "\u00e4" : Key,
        Names = [.. Enumerable.Range(0, i).Select(n => $"bin/\u00e9{n}.o")],
        Sizes = [.. Enumerable.Range(0, i).Select(n => (ulong)n)],
        Stdout = new byte[i],
        Stderr = "warning"u8.ToArray(),
        ExitCode = -i,
        TotalSize = (ulong)(i * (i - 1) / 2),
        StoredAtSeconds = 1_760_000_000,
        Verdicts = [.. Enumerable.Range(0, i).Select(n => new ArtifactVerdict { Name = $"v{n}" })],
        Modes = [.. Enumerable.Range(0, i).Select(_ => 0x81A4U)],
    })];

    /// <summary>A .meta of some outputs.</summary>
    public static byte[] Meta(LegacyMetaShape shape, int outputs) => LegacyEncoding.Meta(new LegacyMeta
    {
        Shape = shape,
        Outputs = [.. Enumerable.Range(0, outputs).Select(i => new LegacyMetaOutput($"o{i}", new byte[30 * i]))],
        Stdout = new byte[outputs],
        Stderr = "note"u8.ToArray(),
        ExitCode = outputs,
    });
}
