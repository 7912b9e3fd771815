namespace PackStore.Bench.Space.Compaction;

/// <summary>Which segment a cleaner takes next.</summary>
internal enum CleaningPolicy
{
    /// <summary>The one with the least alive.</summary>
    Greedy,

    /// <summary>Gain over cost, times the square root of the age: what the store does.</summary>
    Aged,
}

/// <summary>
/// A log of segments as a model: counts and no bytes, with the number of segments, the space, and the order of
/// overwrites that a store beside it has. What is measured of the store is held against it.
/// </summary>
/// <remarks>It seals what it appends to whenever it cleans, and cleans an eighth of a segment at a time, as the store
/// does. It has no directories, no padding and no space reserved.</remarks>
internal sealed class CleaningModel
{
    private const int StepShare = 8;
    private readonly CleaningPolicy _policy;
    private readonly int _segmentRecords;
    private readonly long _capacity;
    private readonly (Log Log, int Index)[] _places;
    private readonly List<Log> _logs = [];
    private Log _active = new(0);
    private int _numbers = 1;
    private long _total;

    /// <summary>Makes one.</summary>
    /// <param name="policy">How it chooses.</param>
    /// <param name="records">Live records.</param>
    /// <param name="segmentRecords">Records of a full segment.</param>
    /// <param name="capacity">Records that all segments together may have.</param>
    public CleaningModel(CleaningPolicy policy, int records, int segmentRecords, long capacity)
    {
        _policy = policy;
        _segmentRecords = segmentRecords;
        _capacity = capacity;
        _places = new (Log, int)[records];
        _logs.Add(_active);
        for (int i = 0; i < records; i++)
        {
            Place(i);
        }
    }

    /// <summary>Records that were copied.</summary>
    public long Copied { get; private set; }

    /// <summary>Writes a record again.</summary>
    public void Overwrite(int record)
    {
        _places[record].Log.Live--;
        _places[record] = default;
        Place(record);
        if (_total > _capacity)
        {
            Clean();
        }
    }

    private void Place(int record)
    {
        if (_active.Records.Count == _segmentRecords)
        {
            _active = Begin();
        }

        Append(_active, record);
    }

    private Log Begin()
    {
        Log log = new(_numbers++);
        _logs.Add(log);
        return log;
    }

    private void Append(Log log, int record)
    {
        _places[record] = (log, log.Records.Count);
        log.Records.Add(record);
        log.Live++;
        _total++;
    }

    private void Clean()
    {
        List<Log> victims = [];
        long wanted = Math.Max(_total - _capacity, _segmentRecords / StepShare);
        foreach (Log log in _logs.Where(l => l != _active && l.Dead > 0).OrderByDescending(Worth))
        {
            if (wanted <= 0)
            {
                break;
            }

            victims.Add(log);
            wanted -= log.Dead;
        }

        Log? copies = null;
        foreach (Log victim in victims)
        {
            for (int i = 0; i < victim.Records.Count; i++)
            {
                int record = victim.Records[i];
                if (_places[record] == (victim, i))
                {
                    copies = copies is null || copies.Records.Count == _segmentRecords ? Begin() : copies;
                    Append(copies, record);
                    Copied++;
                }
            }

            _total -= victim.Records.Count;
            _logs.Remove(victim);
        }

        _active = Begin();
    }

    private double Worth(Log log)
    {
        double worth = log.Dead / (log.Live + 1e-9);
        return _policy == CleaningPolicy.Greedy ? worth : worth * Math.Sqrt(_numbers - log.Number);
    }

    private sealed class Log(int number)
    {
        public int Number => number;

        public List<int> Records { get; } = [];

        public int Live { get; set; }

        public int Dead => Records.Count - Live;
    }
}
