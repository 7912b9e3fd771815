namespace PackStore.Tools.Files;

/// <summary>Which directory lies in which, links on the way resolved.</summary>
internal static class PathTree
{
    /// <summary>The full path with every link in it followed, as far as it exists.</summary>
    public static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        string here = Path.Join(Real(parent), Path.GetFileName(full));
        if (FileFacts.TryRead(here) is not { Kind: FileKind.Link })
        {
            return here;
        }

        return File.ResolveLinkTarget(here, returnFinalTarget: true) is { } target && target.FullName != here
            ? Real(target.FullName)
            : here;
    }

    /// <summary>Whether a real path is another one or lies under it.</summary>
    public static bool IsAtOrUnder(string path, string directory) =>
        path == directory
        || path.StartsWith(
            Path.EndsInDirectorySeparator(directory) ? directory : directory + Path.DirectorySeparatorChar,
            StringComparison.Ordinal);
}
