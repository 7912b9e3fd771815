using System.Text;
using PackStore.Migration.Legacy.Hashing;

namespace PackStore.Migration.Legacy;

/// <summary>
/// The digest beside a payload file. It vouches for the bytes as they were when it was written, which for flat files
/// may have been long after they were stored.
/// </summary>
internal static class CowHash
{
    /// <summary>What the names of these files begin with.</summary>
    public const string Prefix = ".cowhash-";

    /// <summary>Name of the digest file of a blob: made of the blob's own file name, not of its path.</summary>
    public static string FileNameFor(string blobFileName) =>
        Prefix + Blake3.HashData(Encoding.UTF8.GetBytes(blobFileName)).ToString();

    /// <summary>Reads a digest file: 32 bytes. Another length was ignored by the old program too.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out Blake3Digest digest)
    {
        bool isDigest = file.Length == Blake3Digest.Size;
        digest = isDigest ? new Blake3Digest(file) : default;
        return isDigest;
    }
}
