using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Legacy.Hashing;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>The digests that newer versions kept beside the files of <c>artifacts</c>.</summary>
internal static class BlobDigests
{
    /// <summary>The digest recorded for a file, if there is a sound one.</summary>
    public static Blake3Digest? Find(LegacyRoot root, string blob, out SourceFile file)
    {
        file = default;
        if (!root.HasDigests)
        {
            return null;
        }

        string name = CowHash.FileNameFor(blob);
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        Span<byte> bytes = stackalloc byte[Blake3Digest.Size + 1];
        if (root.Names.FindFile(utf8) != ForeignStatus.Ok
            || root.Artifacts!.Read(utf8, bytes, out int read) != ForeignStatus.Ok
            || !CowHash.TryRead(bytes[..read], out Blake3Digest digest))
        {
            return null;
        }

        file = new SourceFile(LegacyNames.Artifacts, name, read);
        return digest;
    }

    /// <summary>Whether the first bytes of an open file have a digest.</summary>
    public static bool Matches(IStoreFile file, long length, in Blake3Digest digest)
    {
        Blake3 hash = new();
        return Loose.LooseHash.TryVisit(file, 0, length, hash.Update) && hash.Finish() == digest;
    }
}
