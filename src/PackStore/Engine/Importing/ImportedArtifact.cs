using PackStore.Loose;

namespace PackStore.Engine.Importing;

/// <summary>One artifact of a foreign store on its way in, its bytes checked by whoever read it.</summary>
internal sealed class ImportedArtifact
{
    /// <summary>The key.</summary>
    public required ArtifactKey Key { get; init; }

    /// <summary>Streams and the rest; <see cref="ArtifactOutcome.StoredAt"/> is set.</summary>
    public required ArtifactOutcome Outcome { get; init; }

    /// <summary>The outputs, in order.</summary>
    public required IReadOnlyList<ImportedOutput> Outputs { get; init; }

    /// <summary>When it was stored, milliseconds since 1970, as far as that may decide against an artifact that is
    /// there;
    /// <see cref="long.MinValue"/> if its own time cannot be believed, and it then replaces nothing.</summary>
    public required long OrderUnixMs { get; init; }
}

/// <summary>One output: bytes in memory, or a loose file that stands already.</summary>
/// <param name="Name">Its name; data.</param>
/// <param name="Mode">Permission bits, where known.</param>
/// <param name="Bytes">Its bytes, good until the artifact is appended; nothing if <paramref name="File"/> is
/// there.</param>
/// <param name="File">The loose file.</param>
internal readonly record struct ImportedOutput(
    string Name, UnixFileMode? Mode, ReadOnlyMemory<byte> Bytes, LooseFile? File = null);
