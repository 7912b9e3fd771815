using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Space;

/// <summary>Walks a store's directory and says what every allocated byte is for; the shares add up to what <c>du</c>
/// says.</summary>
internal sealed class SpaceWalk
{
    private readonly IStoreDirectory _directory;
    private readonly Dictionary<string, long> _bytes = [];
    private readonly Dictionary<string, long> _files = [];
    private long _directories;
    private long _directoryBytes;

    public SpaceWalk(IStoreDirectory directory)
    {
        _directory = directory;
        _directoryBytes = directory.AllocatedBytes("");
        Walk("", "");
    }

    /// <summary>Allocated bytes of everything.</summary>
    public long DiskBytes => _directoryBytes + _bytes.Values.Sum();

    /// <summary>Files of the loose tier, named by a record or not.</summary>
    public long LooseFiles => _files.GetValueOrDefault(StoreFileNames.Loose);

    /// <summary>Their lengths.</summary>
    public long LooseLengths { get; private set; }

    /// <summary>Allocated bytes below one of the store's directories.</summary>
    public long BytesOf(string directory) => _bytes.GetValueOrDefault(directory);

    /// <summary>The shares.</summary>
    public IReadOnlyList<SpaceShare> Shares(StoreCounters counters, IReadOnlyList<Segment> segments)
    {
        long live = segments.Sum(static s => s.LiveBytes);
        long headers = segments.Count * (long)SegmentHeaderLayout.Size;
        long dead = segments.Sum(static s => s.CommittedEnd) - headers - live;
        long orphans = LooseLengths - counters.LooseBytes;
        return
        [
            new("live records", 0, live),
            new("dead records", 0, dead),
            new("reserved in segments", 0, BytesOf(StoreFileNames.Segments) - live - dead - headers),
            new("segment headers", segments.Count, headers),
            new("loose files", counters.LooseFiles, counters.LooseBytes),
            new("orphaned loose files", LooseFiles - counters.LooseFiles, orphans),
            new("ends of loose files' blocks", 0, BytesOf(StoreFileNames.Loose) - LooseLengths),
            new("index", _files.GetValueOrDefault(StoreFileNames.Index), BytesOf(StoreFileNames.Index)),
            new("quarantine", _files.GetValueOrDefault(StoreFileNames.Quarantine), BytesOf(StoreFileNames.Quarantine)),
            new("other files", _files.GetValueOrDefault(""), BytesOf("")),
            new("directories", _directories + 1, _directoryBytes),
        ];
    }

    private void Walk(string name, string part)
    {
        foreach (StoreEntry entry in _directory.List(name))
        {
            string path = name.Length == 0 ? entry.Name : $"{name}/{entry.Name}";
            if (entry.IsDirectory)
            {
                _directories++;
                _directoryBytes += entry.AllocatedBytes;
                Walk(path, part.Length > 0 || !IsOurs(entry.Name) ? part : entry.Name);
                continue;
            }

            _bytes[part] = BytesOf(part) + entry.AllocatedBytes;
            _files[part] = _files.GetValueOrDefault(part) + 1;
            LooseLengths += part == StoreFileNames.Loose ? entry.Length : 0;
        }
    }

    private static bool IsOurs(string name) =>
        name is StoreFileNames.Segments or StoreFileNames.Index or StoreFileNames.Loose or StoreFileNames.Quarantine;
}
