namespace PackStore.Tests.Crash;

/// <summary>
/// What may be found of each key: its states in order, of which the last acknowledged and the last durable one are
/// known. After a kill any
/// state from the acknowledged one on is right, after a power cut any from the durable one on.
/// </summary>
/// <remarks>Positions obey <c>Durable &lt;= Acknowledged &lt; States.Count</c>. Steps run one after the other; images
/// are taken by other
/// threads, hence the lock.</remarks>
internal sealed class CrashModel
{
    /// <summary>The state of a key that is not there.</summary>
    public const int Absent = 0;

    // Protects everything below.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, KeyHistory> _keys = [];
    private int _lastVersion;

    /// <summary>A version that was never used.</summary>
    public int NextVersion() => Interlocked.Increment(ref _lastVersion);

    /// <summary>A key is about to get another state.</summary>
    public void Start(int key, int version)
    {
        lock (_lock)
        {
            if (!_keys.TryGetValue(key, out KeyHistory? history))
            {
                _keys.Add(key, history = new KeyHistory());
            }

            history.States.Add(version);
        }
    }

    /// <summary>A key is about to be evicted: from now on it may not be there, and after any later crash be there again
    /// as it was.</summary>
    public void Evict(int key)
    {
        lock (_lock)
        {
            _keys[key].Evict();
        }
    }

    /// <summary>Any key may be evicted from now on.</summary>
    public void MayVanish()
    {
        lock (_lock)
        {
            foreach (KeyHistory history in _keys.Values)
            {
                history.Evict();
            }
        }
    }

    /// <summary>The operation on these keys has completed.</summary>
    public void Acknowledge(IEnumerable<int> keys, bool isDurable)
    {
        lock (_lock)
        {
            foreach (int key in keys)
            {
                KeyHistory history = _keys[key];
                history.Acknowledged = history.States.Count - 1;
                history.Durable = isDurable ? history.Acknowledged : history.Durable;
            }
        }
    }

    /// <summary>Everything acknowledged is durable.</summary>
    public void Flushed()
    {
        lock (_lock)
        {
            foreach (KeyHistory history in _keys.Values)
            {
                history.Durable = history.Acknowledged;
            }
        }
    }

    /// <summary>What is right at this moment, for each key: by then started states from the acknowledged, or the
    /// durable, one on.</summary>
    public CrashExpectation Expect(bool isPowerCut)
    {
        lock (_lock)
        {
            return new CrashExpectation(_keys.ToDictionary(
                static pair => pair.Key,
                pair => pair.Value.States.Skip(isPowerCut ? pair.Value.Durable
                    : pair.Value.Acknowledged).Distinct().ToArray()))
            {
                Evicted = new HashSet<int>(_keys.Where(pair => pair.Value.EvictedAt
                    > (isPowerCut ? pair.Value.Durable : pair.Value.Acknowledged)).Select(static pair => pair.Key)),
            };
        }
    }

    private sealed class KeyHistory
    {
        public List<int> States { get; } = [Absent];

        public int Acknowledged { get; set; }

        public int Durable { get; set; }

        public int EvictedAt { get; private set; } = -1;

        public void Evict()
        {
            if (States[^1] != Absent)
            {
                States.Add(Absent);
                EvictedAt = States.Count - 1;
            }
        }
    }
}

/// <summary>The states that are right for each key.</summary>
internal sealed record CrashExpectation(IReadOnlyDictionary<int, int[]> Allowed)
{
    /// <summary>Keys of which a later crash may bring back, or take again, what was evicted.</summary>
    public IReadOnlySet<int> Evicted { get; init; } = new HashSet<int>();

    /// <summary>The keys, in order.</summary>
    public int[] Keys { get; } = [.. Allowed.Keys.Order()];

    /// <summary>A number that tells expectations apart.</summary>
    public int Digest { get; } = DigestOf(Allowed);

    private static int DigestOf(IReadOnlyDictionary<int, int[]> allowed)
    {
        HashCode hash = default;
        foreach ((int key, int[] versions) in allowed.OrderBy(static a => a.Key))
        {
            hash.Add(key);
            Array.ForEach(versions, hash.Add);
            hash.Add(-1);
        }

        return hash.ToHashCode();
    }
}
