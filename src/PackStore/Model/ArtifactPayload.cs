using System.Buffers;
using System.IO.Pipelines;

namespace PackStore;

/// <summary>One output on its way into a store: a name and a source of bytes.</summary>
/// <remarks>The source is read once, during the put; a <see cref="ArtifactPayload"/> of a pipe is good for one put
/// only.
/// Names are data: any text, also empty or with <c>/</c>, <c>..</c> or NUL; at most 65,535 bytes of UTF-8.</remarks>
public sealed class ArtifactPayload
{
    private ArtifactPayload(string name, PayloadSourceKind kind)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        Kind = kind;
    }

    /// <summary>The output's name.</summary>
    public string Name { get; }

    /// <summary>The permission bits to remember; <see langword="null"/> for none, or a file's own when the source is a
    /// file.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>How the bytes are to be stored.</summary>
    public PayloadEncoding Encoding { get; init; }

    /// <summary>The same output, stored in this encoding and with these permission bits.</summary>
    public ArtifactPayload With(PayloadEncoding encoding = PayloadEncoding.Raw, UnixFileMode? mode = null) =>
        new(Name, Kind)
        {
            Bytes = Bytes,
            Path = Path,
            Adoption = Adoption,
            Pipe = Pipe,
            Encoding = encoding,
            Mode = mode,
        };

    internal PayloadSourceKind Kind { get; }

    internal ReadOnlySequence<byte> Bytes { get; private init; }

    internal string? Path { get; private init; }

    internal FileAdoption Adoption { get; private init; }

    internal PipeReader? Pipe { get; private init; }

    /// <summary>A payload of bytes in memory. They are read until the put completes; do not change them
    /// before.</summary>
    public static ArtifactPayload FromBytes(string name, ReadOnlyMemory<byte> bytes) =>
        new(name, PayloadSourceKind.Bytes) { Bytes = new ReadOnlySequence<byte>(bytes) };

    /// <summary>A payload of any length in linked pieces of memory.</summary>
    public static ArtifactPayload FromSequence(string name, ReadOnlySequence<byte> bytes) =>
        new(name, PayloadSourceKind.Bytes) { Bytes = bytes };

    /// <summary>A payload adopted from a file, which is read during the put and left as it is.</summary>
    public static ArtifactPayload FromFile(string name, string path, FileAdoption adoption = FileAdoption.Auto)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ArtifactPayload(name, PayloadSourceKind.File) { Path = path, Adoption = adoption };
    }

    /// <summary>A payload whose file is read and checksummed now and copied in the background.</summary>
    /// <remarks>A hit is served from the file until then. A file deleted or changed before it is safe makes the
    /// artifact a miss.
    /// <see cref="ArtifactStore.FlushAsync"/> waits until it is safe.</remarks>
    public static ArtifactPayload FromPendingFile(string name, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new ArtifactPayload(name, PayloadSourceKind.PendingFile) { Path = path };
    }

    /// <summary>A payload of unknown length, read to its end. Held in memory up to the loose threshold, then spilled to
    /// a file.</summary>
    public static ArtifactPayload FromPipe(string name, PipeReader source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ArtifactPayload(name, PayloadSourceKind.Pipe) { Pipe = source };
    }
}
