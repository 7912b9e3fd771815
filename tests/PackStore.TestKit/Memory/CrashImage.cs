namespace PackStore.TestKit;

/// <summary>Builds the disk that a power cut leaves: what is durable, and of what is pending the part that was
/// chosen.</summary>
internal sealed class CrashImage
{
    private const long FolderBytes = 4096;

    private readonly Lock _gate;
    private readonly ICrashChooser _chooser;
    private readonly bool _isQuick;
    private readonly List<(PendingUnit Unit, CrashFate Fate)> _survivors = [];
    private readonly Dictionary<MemoryFolder, SortedDictionary<string, MemoryNode>> _names = [];
    private readonly Dictionary<MemoryNode, MemoryNode> _copies = [];
    private ulong _lastInode = 1;

    /// <summary>Asks the chooser for the fate of every unit, in order.</summary>
    public CrashImage(IReadOnlyList<PendingUnit> pending, ICrashChooser chooser, Lock gate, bool isQuick)
    {
        _isQuick = isQuick;
        _gate = gate;
        _chooser = chooser;
        for (int i = 0; i < pending.Count; i++)
        {
            CrashFate fate = chooser.Choose(i, pending[i]);
            if (fate == CrashFate.Kept || (fate == CrashFate.Torn && pending[i].CanTear))
            {
                _survivors.Add((pending[i], fate));
            }
        }

        foreach ((PendingUnit unit, _) in _survivors)
        {
            if (unit.Folder is not null)
            {
                unit.ApplyTo(NamesOf);
            }
        }
    }

    /// <summary>Blocks used by what was built.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Files with words stored through a shared page, each as one unit.</summary>
    public static IEnumerable<PendingUnit> PagesOf(MemoryFolder folder, string path)
    {
        foreach ((string leaf, MemoryNode node) in folder.Entries)
        {
            if (node is MemoryFolder inner)
            {
                foreach (PendingUnit unit in PagesOf(inner, $"{path}{leaf}/"))
                {
                    yield return unit;
                }
            }
            else if (node is MemoryFile { PageWords.Count: > 0 } file)
            {
                yield return new PendingUnit { Kind = PendingKind.PageWords, Name = path + leaf, Node = file };
            }
        }
    }

    /// <summary>Copies a directory and what survived below it; returns the highest inode number given.</summary>
    public ulong BuildInto(MemoryFolder target, MemoryFolder source)
    {
        target.Mode = source.Mode;
        UsedBytes += FolderBytes;
        foreach ((string leaf, MemoryNode node) in NamesOf(source))
        {
            if (!_copies.TryGetValue(node, out MemoryNode? copy))
            {
                copy = node is MemoryFile file ? Rebuild(file) : new MemoryFolder(_gate, ++_lastInode);
                _copies.Add(node, copy);
                if (node is MemoryFolder inner)
                {
                    BuildInto((MemoryFolder)copy, inner);
                }
            }

            if (copy is MemoryFile linked)
            {
                linked.Links++;
            }

            target.Entries[leaf] = copy;
            target.Durable[leaf] = copy;
        }

        return _lastInode;
    }

    private MemoryFile Rebuild(MemoryFile file)
    {
        FileImage image = new(file.Durable, file.DurableLength);
        foreach ((PendingUnit unit, CrashFate fate) in _survivors)
        {
            if (!ReferenceEquals(unit.Node, file) || unit.Folder is not null)
            {
                continue;
            }

            if (unit.Kind == PendingKind.PageWords)
            {
                ApplyWords(image, file, unit, fate);
            }
            else if (fate == CrashFate.Kept)
            {
                image.Apply(unit);
            }
            else
            {
                image.ApplyTorn(unit, _chooser);
            }
        }

        (byte[] bytes, long length) = image.Finish();
        MemoryFile copy = new(_gate, ++_lastInode, _isQuick, bytes)
        {
            Mode = file.Mode,
            ModifiedNs = file.ModifiedNs,
            ChangedNs = file.ChangedNs,
            Durable = bytes,
            DurableLength = length,
            Length = length,
            WrittenEnd = bytes.Length,
        };
        UsedBytes += copy.AllocatedBytes;
        return copy;
    }

    // A word is stored whole: it is there or not, whatever becomes of its neighbours.
    private void ApplyWords(FileImage image, MemoryFile file, PendingUnit unit, CrashFate fate)
    {
        foreach ((int index, ulong value) in file.PageWords)
        {
            bool isKept = fate == CrashFate.Kept
                || _chooser.ChoosePart(unit, (long)index * sizeof(ulong)) is TornPart.New;
            if (isKept)
            {
                image.ApplyWord(index, value);
            }
        }
    }

    private SortedDictionary<string, MemoryNode> NamesOf(MemoryFolder folder)
    {
        if (!_names.TryGetValue(folder, out SortedDictionary<string, MemoryNode>? names))
        {
            names = new SortedDictionary<string, MemoryNode>(folder.Durable, StringComparer.Ordinal);
            _names.Add(folder, names);
        }

        return names;
    }
}
