using PackStore.Migration.Legacy;

namespace PackStore.TestKit;

/// <summary>An artifact as a legacy cache knows it, payloads and all.</summary>
internal sealed record LegacyArtifact
{
    /// <summary>The key; hexadecimal if it is to be found.</summary>
    public required string Key { get; init; }

    /// <summary>Names and bytes of the outputs.</summary>
    public IReadOnlyList<(string Name, byte[] Bytes)> Outputs { get; init; } = [];

    public byte[] Stdout { get; init; } = [];

    public byte[] Stderr { get; init; } = [];

    public int ExitCode { get; init; }

    public ulong StoredAtSeconds { get; init; }

    /// <summary>Kept by R2 and R3 only.</summary>
    public IReadOnlyList<ArtifactVerdict> Verdicts { get; init; } = [];

    /// <summary>None, or one an output; kept by R3 only.</summary>
    public IReadOnlyList<uint> Modes { get; init; } = [];

    /// <summary>The bytes of the outputs.</summary>
    public IReadOnlyList<byte[]> Payloads => [.. Outputs.Select(o => o.Bytes)];

    /// <summary>Its row in an index.</summary>
    public LegacyRow ToRow() => new()
    {
        Key = Key,
        Names = [.. Outputs.Select(o => o.Name)],
        Sizes = [.. Outputs.Select(o => (ulong)o.Bytes.Length)],
        Stdout = Stdout,
        Stderr = Stderr,
        ExitCode = ExitCode,
        TotalSize = (ulong)Outputs.Sum(o => (long)o.Bytes.Length),
        StoredAtSeconds = StoredAtSeconds,
        Verdicts = Verdicts,
        Modes = Modes,
    };

    /// <summary>It as a <c>.meta</c>.</summary>
    public LegacyMeta ToMeta(LegacyMetaShape shape) => new()
    {
        Shape = shape,
        Outputs = [.. Outputs.Select(o => new LegacyMetaOutput(o.Name, o.Bytes))],
        Stdout = Stdout,
        Stderr = Stderr,
        ExitCode = ExitCode,
    };
}
