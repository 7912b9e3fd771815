using System.Text;
using PackStore.Storage.Foreign;

namespace PackStore.Migration.Sources;

/// <summary>
/// Finds the caches in a legacy directory: the directory itself, its version directories, and the daemons' states under
/// each of those. Newest first, because of two versions of one key the newer is the likelier to stay.
/// </summary>
internal static class RootFinder
{
    private const string DaemonState = "daemon-state";

    /// <summary>The paths below <paramref name="top"/>, <c>/</c>-separated; empty for the top itself.</summary>
    public static List<string> Find(IForeignDirectory top)
    {
        List<string> roots = [];
        foreach (string version in NamesOf(top, IsVersion).OrderDescending(Comparer<string>.Create(CompareVersions)))
        {
            if (top.TryOpenDirectory(version, out IForeignDirectory? directory) == ForeignStatus.Ok)
            {
                using (directory)
                {
                    AddWithDaemons(directory!, version, roots);
                }
            }
        }

        AddWithDaemons(top, "", roots);
        return roots;
    }

    /// <summary>Whether a name is <c>v</c> and three numbers.</summary>
    internal static bool IsVersion(string name)
    {
        if (!name.StartsWith('v'))
        {
            return false;
        }

        string[] parts = name[1..].Split('.');
        return parts.Length == 3 && parts.All(static p => p.Length > 0 && p.All(char.IsAsciiDigit));
    }

    /// <summary>Compares versions as numbers of any length.</summary>
    internal static int CompareVersions(string left, string right)
    {
        string[] a = left[1..].Split('.');
        string[] b = right[1..].Split('.');
        for (int i = 0; i < a.Length; i++)
        {
            string x = a[i].TrimStart('0');
            string y = b[i].TrimStart('0');
            int order = x.Length != y.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y);
            if (order != 0)
            {
                return order;
            }
        }

        return string.CompareOrdinal(left, right);
    }

    private static void AddWithDaemons(IForeignDirectory directory, string path, List<string> roots)
    {
        if (IsRoot(directory))
        {
            roots.Add(path);
        }

        if (directory.TryOpenDirectory(DaemonState, out IForeignDirectory? daemons) != ForeignStatus.Ok)
        {
            return;
        }

        using (daemons)
        {
            foreach (string name in NamesOf(daemons!, static _ => true).Order(StringComparer.Ordinal))
            {
                if (daemons!.TryOpenDirectory(name, out IForeignDirectory? daemon) == ForeignStatus.Ok)
                {
                    using (daemon)
                    {
                        if (IsRoot(daemon!))
                        {
                            roots.Add($"{(path.Length == 0 ? "" : path + "/")}{DaemonState}/{name}");
                        }
                    }
                }
            }
        }
    }

    private static bool IsRoot(IForeignDirectory directory) =>
        Is(directory, LegacyNames.Artifacts, ForeignKind.Directory)
            || Is(directory, LegacyNames.Index, ForeignKind.File)
        || Is(directory, LegacyNames.Database, ForeignKind.File);

    private static bool Is(IForeignDirectory directory, string name, ForeignKind kind) =>
        directory.Examine(name, out ForeignFacts facts) == ForeignStatus.Ok && facts.Kind == kind;

    private static List<string> NamesOf(IForeignDirectory directory, Func<string, bool> isWanted)
    {
        List<string> names = [];
        directory.List((name, kind) =>
        {
            if (kind == ForeignKind.Directory && Encoding.UTF8.GetString(name) is var text && isWanted(text))
            {
                names.Add(text);
            }
        });
        return names;
    }
}
