namespace PackStore.Tests.Architecture;

/// <summary>The files of this repository as the house rules see them: without what builds leave behind.</summary>
internal static class Repository
{
    private static readonly string[] s_leftByTools =
        [".git", "bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts", ".vs", ".idea"];

    private static readonly Lazy<string> s_root = new(FindRoot);
    private static readonly Lazy<IReadOnlyList<string>> s_paths = new(() => [.. Walk(new DirectoryInfo(Root))]);

    private static readonly Lazy<IReadOnlyList<SourceFile>> s_sources =
        new(() => [.. Paths.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(Read)]);

    /// <summary>The directory that holds PackStore.sln.</summary>
    public static string Root => s_root.Value;

    /// <summary>All files, relative to the root, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Paths => s_paths.Value;

    /// <summary>All C# files.</summary>
    public static IReadOnlyList<SourceFile> Sources => s_sources.Value;

    /// <summary>All files that hold text: no NUL in their first 8 KiB.</summary>
    public static IEnumerable<SourceFile> TextFiles => Paths.Where(IsText).Select(Read);

    /// <summary>A file's text, or <see langword="null"/> if there is no such file.</summary>
    public static string? TryReadText(string path)
    {
        string full = Path.Combine(Root, path);
        return File.Exists(full) ? File.ReadAllText(full) : null;
    }

    private static SourceFile Read(string path) => new(path, File.ReadAllText(Path.Combine(Root, path)));

    private static bool IsText(string path)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Root, path));
        byte[] start = new byte[8192];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return !start.AsSpan(0, length).Contains((byte)0);
    }

    private static IEnumerable<string> Walk(DirectoryInfo directory)
    {
        IEnumerable<FileSystemInfo> entries = directory.EnumerateFileSystemInfos();
        foreach (FileSystemInfo entry in entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (s_leftByTools.Contains(entry.Name) || entry.LinkTarget is not null)
            {
                continue;
            }

            if (entry is DirectoryInfo child)
            {
                foreach (string path in Walk(child))
                {
                    yield return path;
                }
            }
            else
            {
                yield return Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/');
            }
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "PackStore.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No PackStore.sln at or above {AppContext.BaseDirectory}.");
    }
}
