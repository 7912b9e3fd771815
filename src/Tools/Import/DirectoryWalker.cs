using System.IO.Enumeration;
using PackStore.Tools.Files;

namespace PackStore.Tools.Import;

/// <summary>Walks a source directory: hands out regular files, and says why it left out the rest. Links are not
/// followed.</summary>
/// <param name="root">The source's full path.</param>
/// <param name="excluded">Paths to leave out, each with its reason.</param>
/// <param name="skip">Takes the relative path of an entry that is left out, and the reason.</param>
internal sealed class DirectoryWalker(
    string root, IReadOnlyList<(string Path, string Reason)> excluded, Action<string, string> skip)
{
    private const char Undecodable = '\uFFFD';

    private static readonly EnumerationOptions s_options = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    private readonly List<(string Path, FileFacts? Facts, string Reason)> _excluded =
        [.. excluded.Select(static e => (e.Path, FileFacts.TryRead(e.Path), e.Reason))];

    /// <summary>The regular files, in no order.</summary>
    public IEnumerable<SourceEntry> Walk()
    {
        Stack<string> directories = new([""]);
        while (directories.TryPop(out string? directory))
        {
            foreach (string name in NamesIn(directory))
            {
                string relative = directory.Length == 0 ? name : $"{directory}/{name}";
                string path = Path.Join(root, relative);
                if (Look(relative, path) is not { } facts)
                {
                    continue;
                }

                if (facts.Kind == FileKind.Directory)
                {
                    directories.Push(relative);
                }
                else
                {
                    yield return new SourceEntry(relative, path, facts);
                }
            }
        }
    }

    // A directory that cannot be read to its end is one reason; what it named until then is imported all the same.
    private List<string> NamesIn(string directory)
    {
        List<string> names = [];
        HashSet<string> doubtful = [];
        string path = directory.Length == 0 ? root : Path.Join(root, directory);
        try
        {
            FileSystemEnumerable<string> entries = new(
                path, static (ref FileSystemEntry entry) => entry.FileName.ToString(), s_options);
            foreach (string name in entries)
            {
                // Bytes that are no text come as U+FFFD, so of two such names at most one can be reached.
                if (IsDoubtful(name) && !(doubtful.Add(name) && FileFacts.TryRead(Path.Join(path, name)) is not null))
                {
                    skip(directory.Length == 0 ? name : $"{directory}/{name}", SkipReason.Name);
                }
                else
                {
                    names.Add(name);
                }
            }
        }
        catch (Exception e) when (directory.Length > 0 && e is IOException or UnauthorizedAccessException)
        {
            skip(directory, e is DirectoryNotFoundException ? SkipReason.Vanished : SkipReason.Unreadable);
        }

        return names;
    }

    private FileFacts? Look(string relative, string path)
    {
        FileFacts? found;
        try
        {
            found = FileFacts.TryRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            skip(relative, SkipReason.Unreadable);
            return null;
        }

        string? reason = found switch
        {
            null => SkipReason.Vanished,
            { Kind: FileKind.Link } => SkipReason.Link,
            { Kind: FileKind.Pipe } => SkipReason.Pipe,
            { Kind: FileKind.Socket } => SkipReason.Socket,
            { Kind: FileKind.Regular or FileKind.Directory } => ExcludedReason(path, found.Value),
            _ => SkipReason.Device,
        };
        if (reason is not null)
        {
            skip(relative, reason);
            return null;
        }

        return found;
    }

    private string? ExcludedReason(string path, FileFacts found)
    {
        foreach ((string excludedPath, FileFacts? facts, string reason) in _excluded)
        {
            if (excludedPath == path || (facts is { } known && known.IsSameFile(found)))
            {
                return reason;
            }
        }

        return null;
    }

    private static bool IsDoubtful(string name)
    {
        if (name.Contains(Undecodable, StringComparison.Ordinal))
        {
            return true;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(name[i]))
            {
                return true;
            }
        }

        return false;
    }
}
