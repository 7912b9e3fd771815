using PackStore.Engine.Importing;
using PackStore.Migration.Sources;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>
/// Deletes the files of entries that are in the store: gathers many, makes the store durable once, then deletes. So at
/// every instant each entry is in the store, durably, or whole in the source.
/// </summary>
internal sealed class SourceRemover(LegacyRoot root, IImportTarget target, MigrationTally tally)
{
    // So many files, or bytes, are worth a sync.
    private const int EnoughFiles = 1024;
    private const long EnoughBytes = 256L << 20;

    private readonly List<SourceFile> _files = [];
    private readonly List<ArtifactKey> _linked = [];
    private long _bytes;

    /// <summary>Notes the files of an entry that is in the store.</summary>
    public void Add(in ArtifactKey key, IReadOnlyList<SourceFile> files)
    {
        _files.AddRange(files);
        foreach (SourceFile file in files)
        {
            _bytes += file.Length;
            if (file.Length >= target.LooseFrom && (_linked.Count == 0 || _linked[^1] != key))
            {
                _linked.Add(key);
            }
        }

        if (_files.Count >= EnoughFiles || _bytes >= EnoughBytes)
        {
            Run();
        }
    }

    /// <summary>Deletes what was noted.</summary>
    public void Run()
    {
        if (_files.Count == 0)
        {
            return;
        }

        target.Flush();
        for (int i = 0; i < _files.Count;)
        {
            int next = i + 1;
            while (next < _files.Count && _files[next].Directory == _files[i].Directory)
            {
                next++;
            }

            DeleteIn(_files[i].Directory, _files.GetRange(i, next - i));
            i = next;
        }

        // Files that were linked into the store are its own now, unless somebody linked them elsewhere meanwhile.
        foreach (ArtifactKey key in _linked)
        {
            target.Own(key);
        }

        _files.Clear();
        _linked.Clear();
        _bytes = 0;
    }

    private void DeleteIn(string place, List<SourceFile> files)
    {
        bool isArtifacts = place == LegacyNames.Artifacts;
        IForeignDirectory? opened = null;
        IForeignDirectory? directory = isArtifacts ? root.Artifacts
            : place.Length == 0 ? root.Directory
            : ForeignPaths.TryOpen(root.Directory, place, out opened) ? opened : null;
        using (opened)
        {
            foreach (SourceFile file in files)
            {
                ForeignStatus status = directory?.Delete(file.Name) ?? ForeignStatus.Absent;
                tally.CountDeleted(status, file.Length);
            }
        }

        if (place.StartsWith(LegacyNames.StagedPath + "/", StringComparison.Ordinal))
        {
            DeleteEmpty(place);
        }
    }

    // A generation, then its key's directory: each only if nothing is left in it.
    private void DeleteEmpty(string place)
    {
        while (place.Length > LegacyNames.StagedPath.Length)
        {
            int slash = place.LastIndexOf('/');
            if (!ForeignPaths.TryOpen(root.Directory, place[..slash], out IForeignDirectory? parent))
            {
                return;
            }

            using (parent)
            {
                if (parent.DeleteDirectory(place[(slash + 1)..]) != ForeignStatus.Ok)
                {
                    return;
                }
            }

            place = place[..slash];
        }
    }
}
