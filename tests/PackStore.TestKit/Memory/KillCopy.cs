namespace PackStore.TestKit;

/// <summary>Copies a disk as it is, with what is durable and what is pending, for a process that died without the
/// machine.</summary>
internal sealed class KillCopy
{
    private readonly Lock _gate;
    private readonly bool _isQuick;
    private readonly Dictionary<MemoryNode, MemoryNode> _copies = [];

    /// <summary>Copies a directory into an empty one.</summary>
    public KillCopy(Lock gate, MemoryFolder source, MemoryFolder target, bool isQuick)
    {
        _isQuick = isQuick;
        _gate = gate;
        _copies.Add(source, target);
        Fill(source, target);
    }

    /// <summary>The same unit about the copies.</summary>
    public PendingUnit CopyOf(PendingUnit unit) => unit with
    {
        Node = NodeOf(unit.Node),
        Folder = unit.Folder is null ? null : (MemoryFolder)NodeOf(unit.Folder),
        FromFolder = unit.FromFolder is null ? null : (MemoryFolder)NodeOf(unit.FromFolder),
    };

    private void Fill(MemoryFolder source, MemoryFolder target)
    {
        target.Mode = source.Mode;
        foreach ((string leaf, MemoryNode node) in source.Entries)
        {
            MemoryNode copy = NodeOf(node);
            target.Entries[leaf] = copy;
            if (copy is MemoryFile file)
            {
                file.Links++;
            }
        }

        foreach ((string leaf, MemoryNode node) in source.Durable)
        {
            target.Durable[leaf] = NodeOf(node);
        }
    }

    private MemoryNode NodeOf(MemoryNode node)
    {
        if (_copies.TryGetValue(node, out MemoryNode? known))
        {
            return known;
        }

        if (node is MemoryFolder folder)
        {
            MemoryFolder copy = new(_gate, folder.Inode);
            _copies.Add(node, copy);
            Fill(folder, copy);
            return copy;
        }

        MemoryFile file = (MemoryFile)node;
        // A file that only a lost removal could bring back has no bytes now.
        byte[]? bytes = file.WrittenEnd > 0 && file.Links > 0
            ? file.Content.Snapshot(checked((int)file.WrittenEnd))
            : null;
        MemoryFile twin = new(_gate, file.Inode, _isQuick, bytes)
        {
            Mode = file.Mode,
            ModifiedNs = file.ModifiedNs,
            ChangedNs = file.ChangedNs,
            Durable = file.Durable,
            DurableLength = file.DurableLength,
            Length = file.Length,
            WrittenEnd = file.WrittenEnd,
        };
        foreach ((int index, ulong value) in file.PageWords)
        {
            twin.PageWords.Add(index, value);
        }

        _copies.Add(node, twin);
        return twin;
    }
}
