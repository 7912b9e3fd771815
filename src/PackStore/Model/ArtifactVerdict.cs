namespace PackStore;

/// <summary>One of several named results that share an artifact's payloads: streams and exit code of their
/// own.</summary>
public sealed class ArtifactVerdict
{
    /// <summary>The verdict's name; any text, also empty.</summary>
    public required string Name { get; init; }

    /// <summary>Exit code of the process that produced it.</summary>
    public int ExitCode { get; init; }

    /// <summary>What it wrote to standard output.</summary>
    public ReadOnlyMemory<byte> StandardOutput { get; init; }

    /// <summary>What it wrote to standard error.</summary>
    public ReadOnlyMemory<byte> StandardError { get; init; }
}
