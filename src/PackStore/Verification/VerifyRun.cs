using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>What all parts of one verification share. One thread.</summary>
internal sealed class VerifyRun(
    IStoreDirectory directory, VerifyOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken token)
{
    private const double HashRange = 1UL << 53;
    private readonly long _started = options.TimeProvider.GetTimestamp();
    private ProgressMeter? _meter;

    /// <summary>The store's directory.</summary>
    public IStoreDirectory Directory => directory;

    /// <summary>How deep to read.</summary>
    public VerifyLevel Level => options.Level;

    /// <summary>Records of segments before this one are not read.</summary>
    public int FromSegment => options.FromSegment;

    /// <summary>Whether so much was read, or so long, that no other segment is begun.</summary>
    public bool IsBudgetSpent => Bytes >= options.MaxBytes
        || (options.MaxTime is { } most && options.TimeProvider.GetElapsedTime(_started) >= most);

    /// <summary>Looked at between chunks.</summary>
    public CancellationToken Token => token;

    /// <summary>Damage and notes.</summary>
    public FindingCollector Findings { get; } = new();

    /// <summary>How far it is.</summary>
    public ProgressMeter Progress => _meter ??= new ProgressMeter(progress, Findings);

    /// <summary>The newest record of each key.</summary>
    public RecordTracker Tracker { get; } = new();

    /// <summary>The store's identity, from STORE or, where that is lost, from a segment.</summary>
    public StoreIdentity Identity
    {
        get;
        set
        {
            field = value;
            Hash = new KeyHash(value.HashSeed);
        }
    } = null!;

    /// <summary>Who is told of sound records; null for nobody.</summary>
    public IRecordWitness? Witness { get; init; }

    /// <summary>How often CHECKPOINT is looked for, ten milliseconds apart, where a live writer may be replacing it; 0
    /// if there is none.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>Whether a repair goes by what is found: then a file that cannot be opened or read just now ends it, for
    /// it must not be taken for a damaged one. A sector that the medium has lost is damage.</summary>
    public bool IsStrict => Witness is not null;

    /// <summary>Whether a file that cannot be opened counts as damaged.</summary>
    public bool IsDamage(IOException error) => !IsStrict || StorageError.IsWrongKind(error);

    /// <summary>Whether the store's identity is known, so that anything else could be looked at.</summary>
    public bool HasIdentity => Hash is not null;

    /// <summary>Hashes the store's keys.</summary>
    public KeyHash Hash { get; private set; } = null!;

    /// <summary>Bytes read.</summary>
    public long Bytes { get; set; }

    /// <summary>Artifacts and tombstones looked at.</summary>
    public long Records { get; set; }

    /// <summary>Segments looked at.</summary>
    public long Segments { get; set; }

    /// <summary>Loose files looked at.</summary>
    public long LooseFiles { get; set; }

    /// <summary>Whether payload bytes of a key are to be read: the same keys each time.</summary>
    public bool ReadsPayloadsOf(ulong hash) =>
        Level == VerifyLevel.Full && (options.Sample >= 1 || (hash >> 11) / HashRange < options.Sample);
}

/// <summary>Is told of every sound record that a verification meets, and of what is wrong beyond single records: what a
/// repair goes by.</summary>
internal interface IRecordWitness
{
    /// <summary>An artifact or tombstone that is sound to its last byte in the segment.</summary>
    void Sound(int segmentId, in DirectoryEntry record);

    /// <summary>A segment was looked at to its end.</summary>
    void EndSegment(int segmentId, bool isDamaged);

    /// <summary>The newest record of a key has a loose file that is absent or wrong.</summary>
    void LostLoose(in ArtifactKey key, string file);
}
