using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Repair;

/// <summary>Puts files of the store out of its way; nothing that lies there is ever replaced or deleted.</summary>
internal sealed class QuarantineRoom(IStoreDirectory directory)
{
    private readonly HashSet<string> _left = [];

    /// <summary>What was put there, by its name before.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Moves a file there, if it is there at all.</summary>
    public void Take(string name)
    {
        if (!Exists(name))
        {
            return;
        }

        for (int i = 0; !directory.TryRename(name, StoreFileNames.Quarantined(name, i)); i++)
        {
        }

        _left.Add(name[..name.LastIndexOf('/')]);
        Names.Add(name);
    }

    /// <summary>Makes the moves durable: first that the files are here, then that they are gone from there.</summary>
    public void Sync()
    {
        if (_left.Count > 0)
        {
            directory.SyncDirectory(StoreFileNames.Quarantine);
        }

        foreach (string folder in _left)
        {
            directory.SyncDirectory(folder);
        }

        _left.Clear();
    }

    private bool Exists(string name)
    {
        int slash = name.LastIndexOf('/');
        return directory.List(name[..slash]).Any(e => e.Name == name[(slash + 1)..]);
    }
}
