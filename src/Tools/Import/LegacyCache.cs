using System.Buffers;
using System.IO.Enumeration;

namespace PackStore.Tools.Import;

/// <summary>Tells the roots of legacy caches from plain directories. Reads names only.</summary>
internal static class LegacyCache
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether the directory, one of its version children or a daemon's state in them is the root of such a
    /// cache.</summary>
    public static bool LooksLikeOne(string directory) => Any(directory, HasArtifacts);

    /// <summary>The same for a directory of which the user says that it is one: also before anything was
    /// stored.</summary>
    public static bool CanBeOne(string directory) => Any(directory, static root =>
        HasIndex(root) || Directory.Exists(Path.Join(root, "artifacts")));

    private static bool Any(string directory, Func<string, bool> isRoot) =>
        IsTopOrDaemon(directory, isRoot)
        || Directory.EnumerateDirectories(directory, "v*").Where(IsVersion).Any(v => IsTopOrDaemon(v, isRoot));

    private static bool IsTopOrDaemon(string directory, Func<string, bool> isRoot)
    {
        string daemons = Path.Join(directory, "daemon-state");
        return isRoot(directory) || (Directory.Exists(daemons) && Directory.EnumerateDirectories(daemons).Any(isRoot));
    }

    private static bool HasIndex(string directory) =>
        File.Exists(Path.Join(directory, "index.bin")) || File.Exists(Path.Join(directory, "index.redb"));

    private static bool HasArtifacts(string directory)
    {
        string artifacts = Path.Join(directory, "artifacts");
        return HasIndex(directory)
            || (Directory.Exists(artifacts)
            && new FileSystemEnumerable<bool>(artifacts, static (ref FileSystemEntry _) => true)
            {
                ShouldIncludePredicate = static (ref FileSystemEntry entry) => IsArtifactName(entry.FileName),
            }.Any());
    }

    // <key>.meta, <key>.pack, <key>_<i>, .staged-v2
    private static bool IsArtifactName(ReadOnlySpan<char> name)
    {
        if (name is ".staged-v2")
        {
            return true;
        }

        int end = name.IndexOfAnyExcept(s_hexadecimal);
        if (end < 8)
        {
            return false;
        }

        ReadOnlySpan<char> rest = name[end..];
        return rest is ".meta" or ".pack"
            || (rest.Length > 1 && rest[0] == '_' && !rest[1..].ContainsAnyExceptInRange('0', '9'));
    }

    private static bool IsVersion(string directory)
    {
        string[] parts = Path.GetFileName(directory)[1..].Split('.');
        return parts.Length == 3 && parts.All(static p => p.Length > 0 && p.All(char.IsAsciiDigit));
    }
}
