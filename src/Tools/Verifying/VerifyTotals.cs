namespace PackStore.Tools.Verifying;

/// <summary>What a verification has found so far, over all its parts.</summary>
internal sealed class VerifyTotals
{
    private readonly List<DamageItem> _damage = [];
    private readonly List<string> _notes = [];

    /// <summary>Segments, records, bytes and loose files looked at.</summary>
    public long Segments { get; set; }

    public long Records { get; set; }

    public long Bytes { get; set; }

    public long LooseFiles { get; set; }

    /// <summary>Artifacts, payloads and bytes lost.</summary>
    public long LostArtifacts { get; set; }

    public long LostPayloads { get; set; }

    public long LostBytes { get; set; }

    /// <summary>Where to go on; null when it came to the end.</summary>
    public int? NextSegment { get; set; }

    /// <summary>All damage, each once: some is met by every part.</summary>
    public IReadOnlyList<DamageItem> Damage => _damage;

    /// <summary>Remarks, each once.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The totals of one report.</summary>
    public static VerifyTotals Of(VerifyReport report)
    {
        VerifyTotals totals = new();
        totals.Add(report);
        return totals;
    }

    /// <summary>Adds a part.</summary>
    public void Add(VerifyReport part)
    {
        Segments += part.Segments;
        Records += part.Records;
        Bytes += part.Bytes;
        LooseFiles += part.LooseFiles;
        NextSegment = part.NextSegment;
        int before = _damage.Count;
        foreach (VerifyFinding finding in part.Damage)
        {
            Add(DamageItem.Of(finding));
        }

        foreach (string note in part.Notes.Where(n => !_notes.Contains(n)))
        {
            _notes.Add(note);
        }

        // What every part meets, such as a segment that is gone, is counted with the first.
        if (_damage.Count > before)
        {
            LostArtifacts += part.LostArtifacts;
            LostPayloads += part.LostPayloads;
            LostBytes += part.LostBytes;
        }
    }

    /// <summary>Adds damage that is not known yet.</summary>
    public void Add(DamageItem item)
    {
        if (!_damage.Exists(d => d.Kind == item.Kind && d.File == item.File && d.Offset == item.Offset))
        {
            _damage.Add(item);
        }
    }
}
