namespace PackStore.Loose;

/// <summary>
/// Names in <c>loose/</c> that somebody of this process answers for although no record of the index has to name them: a
/// file being written, a file whose record is not appended yet, one that a pending artifact names, one that goes when
/// the record that supersedes it is durable.
/// </summary>
/// <remarks>
/// A claim is older than the file and is given up only when a record that names the file is in the index, or when the
/// file is gone. Whoever claims a name first, and finds no record that names it, may therefore remove the file: it
/// cannot get a record any more, and while the claim stands no other file can get the name. Claims are counted: two
/// records, one after the other, may have had the same name. All members may run in parallel.
/// </remarks>
internal sealed class LooseClaims
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Claims a name, whoever else does.</summary>
    public void Add(string name)
    {
        lock (_lock)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }

    /// <summary>Claims a name unless somebody does already.</summary>
    public bool TryAddFirst(string name)
    {
        lock (_lock)
        {
            return _counts.TryAdd(name, 1);
        }
    }

    /// <summary>Gives one claim up; no effect if there is none.</summary>
    public void Remove(string name)
    {
        lock (_lock)
        {
            if (_counts.Remove(name, out int count) && count > 1)
            {
                _counts[name] = count - 1;
            }
        }
    }

    /// <summary>Whether a claim is the only one on a name.</summary>
    public bool IsSole(string name)
    {
        lock (_lock)
        {
            return _counts.GetValueOrDefault(name) == 1;
        }
    }

    /// <summary>Whether somebody claims a name.</summary>
    public bool Contains(string name)
    {
        lock (_lock)
        {
            return _counts.ContainsKey(name);
        }
    }
}
