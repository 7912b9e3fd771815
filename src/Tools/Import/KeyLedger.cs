namespace PackStore.Tools.Import;

/// <summary>
/// Which keys are on their way into the store. Of several files with the same bytes one carries them in; the others
/// wait,
/// because nothing may be said of them before that one has arrived. All members may run in parallel.
/// </summary>
internal sealed class KeyLedger(bool remember)
{
    // Guards the dictionary, its lists and the set.
    private readonly Lock _lock = new();
    private readonly Dictionary<ArtifactKey, List<SourceEntry>?> _inFlight = [];

    // Arrived keys, for plans only: elsewhere the store knows them.
    private readonly HashSet<ArtifactKey> _arrived = [];

    /// <summary>Asks to carry a key in; otherwise the entry waits for whoever does, or has its duplicate there
    /// already.</summary>
    public KeyClaim Claim(in ArtifactKey key, SourceEntry entry)
    {
        lock (_lock)
        {
            if (_arrived.Contains(key))
            {
                return KeyClaim.Arrived;
            }

            if (!_inFlight.TryGetValue(key, out List<SourceEntry>? waiting))
            {
                _inFlight.Add(key, null);
                return KeyClaim.Carry;
            }

            waiting ??= [];
            waiting.Add(entry);
            _inFlight[key] = waiting;
            return KeyClaim.Wait;
        }
    }

    /// <summary>The key has arrived, or will not: returns who waited for it.</summary>
    public IReadOnlyList<SourceEntry> Release(in ArtifactKey key, bool arrived)
    {
        lock (_lock)
        {
            if (remember && arrived)
            {
                _arrived.Add(key);
            }

            return _inFlight.Remove(key, out List<SourceEntry>? waiting) && waiting is not null ? waiting : [];
        }
    }
}
