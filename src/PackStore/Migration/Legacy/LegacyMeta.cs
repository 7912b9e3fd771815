namespace PackStore.Migration.Legacy;

/// <summary>A whole artifact as one <c>KEY.meta</c> holds it.</summary>
/// <remarks>Payloads and streams are slices of the file that was read, and live as long as it does.</remarks>
internal sealed record LegacyMeta
{
    /// <summary>How payloads are encoded.</summary>
    public required LegacyMetaShape Shape { get; init; }

    /// <summary>The outputs, in order.</summary>
    public required IReadOnlyList<LegacyMetaOutput> Outputs { get; init; }

    /// <summary>Standard output.</summary>
    public ReadOnlyMemory<byte> Stdout { get; init; }

    /// <summary>Standard error.</summary>
    public ReadOnlyMemory<byte> Stderr { get; init; }

    /// <summary>Exit code.</summary>
    public int ExitCode { get; init; }
}

/// <summary>One output of a <see cref="LegacyMeta"/>.</summary>
/// <param name="Name">Data, never a path.</param>
/// <param name="Data">All of its bytes.</param>
internal readonly record struct LegacyMetaOutput(string Name, ReadOnlyMemory<byte> Data);

/// <summary>How a <c>.meta</c> encodes payloads.</summary>
internal enum LegacyMetaShape
{
    /// <summary>Plain bytes: every file that a release wrote.</summary>
    A = 1,

    /// <summary>A variant number first: only ever decoded by releases, not known to have been written.</summary>
    B = 2,
}
