using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;

namespace PackStore.Tests.Migration;

/// <summary>What went into the files in Real/ when the Rust crates wrote them.</summary>
internal static class RealContent
{
    /// <summary>Key and output names and sizes, seed of the streams, exit code: the rows of every real index.</summary>
    private static readonly (string Label, int Seed, string[] Names, ulong[] Sizes, int ExitCode)[] s_rows =
    [
        ("row-a", 1, ["a.o"], [10], 0),
        ("row-b", 2, ["libb.rlib", "libb.rmeta", "b.d"], [300, 20, 0], 0),
        ("row-err", 3, [], [], 1),
        ("row-utf8", 4, ["\u00fcn\u00ef-\u65e5\u672c.o"], [7], -1),
    ];

    /// <summary>The payloads of the staged manifest.</summary>
    public static IReadOnlyList<byte[]> StagedPayloads { get; } =
        [RealFiles.Pattern(1, 1500), [], RealFiles.Pattern(2, 70_000)];

    /// <summary>The directory bundle.</summary>
    public static DirectoryBundle Bundle { get; } = new()
    {
        RootMode = 0x41ED,
        RootModified = new DirectoryBundleTime(1_600_000_000, 765_432_100),
        Entries =
        [
            new("Contents", false, ReadOnlyMemory<byte>.Empty, 0x41ED, new(1_600_000_001, 0)),
            new("Contents/app", true, RealFiles.Pattern(5, 40), 0x81ED, new(1_600_000_002, 9)),
        ],
    };

    /// <summary>The key that stands for a label.</summary>
    public static string KeyOf(string label) => Blake3.HashData(Encoding.UTF8.GetBytes(label)).ToString();

    /// <summary>The rows of an index of one shape.</summary>
    public static IReadOnlyList<LegacyRow> Rows(LegacyIndexShape shape) => [.. s_rows.Select((row, i) =>
        Row(row.Label, row.Seed, row.Names, row.Sizes, row.ExitCode) with
        {
            Verdicts = shape < LegacyIndexShape.R2 ? [] : [.. Enumerable.Range(0, i % 3).Select(Verdict)],
            Modes = shape == LegacyIndexShape.R3 && i == 1 ? [0x81A4, 0x81A5, 0x81A6] : [],
        })];

    /// <summary>A row with the streams that a seed stands for.</summary>
    public static LegacyRow Row(string label, int seed, string[] names, ulong[] sizes, int exitCode) => new()
    {
        Key = KeyOf(label),
        Names = names,
        Sizes = sizes,
        Stdout = RealFiles.Pattern(seed + 100, seed * 3),
        Stderr = Encoding.UTF8.GetBytes($"warning: real crate row {seed}\n"),
        ExitCode = exitCode,
        TotalSize = (ulong)sizes.Sum(size => (long)size),
        StoredAtSeconds = 1_700_000_000 + (ulong)seed,
    };

    /// <summary>The artifact of the two .meta files.</summary>
    public static LegacyMeta Meta(LegacyMetaShape shape) => new()
    {
        Shape = shape,
        Outputs =
        [
            new("unit.o", RealFiles.Pattern(7, 123)), new("unit.d", ReadOnlyMemory<byte>.Empty),
            new("\u00fcn\u00ef.o", RealFiles.Pattern(9, 3)),
        ],
        Stdout = "out\n"u8.ToArray(),
        Stderr = "warning: w\n"u8.ToArray(),
        ExitCode = shape == LegacyMetaShape.A ? 0 : -7,
    };

    private static ArtifactVerdict Verdict(int number) => new()
    {
        Name = $"verdict-{number}-{KeyOf("v")}",
        StandardOutput = RealFiles.Pattern(number, 5),
        StandardError = "lint"u8.ToArray(),
        ExitCode = number,
    };
}
