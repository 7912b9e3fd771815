using System.IO.Compression;
using PackStore.Tests.Architecture;

namespace PackStore.Tests.Migration;

/// <summary>The files in Real/, which the real Rust crates wrote: serde with bincode 1.3.3, redb 2.6.3 and
/// 4.1.0.</summary>
internal static class RealFiles
{
    private const string Folder = "tests/PackStore.Tests/Migration/Real";

    /// <summary>The bytes of one; unpacked if its name ends in <c>.gz</c>.</summary>
    public static byte[] Read(string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(Repository.Root, Folder, name));
        using Stream content = name.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using MemoryStream bytes = new();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>The bytes that stand for content in these files.</summary>
    public static byte[] Pattern(int seed, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)((i * 31) + (i / 7 * 5) + (seed * 17) + 3))];
}
