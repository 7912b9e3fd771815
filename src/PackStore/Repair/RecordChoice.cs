using System.Runtime.InteropServices;
using PackStore.Format;
using PackStore.Verification;

namespace PackStore.Repair;

/// <summary>
/// What of the damaged segments is worth keeping: of each key the newest sound record, unless a sound segment has it
/// too.
/// </summary>
/// <remarks>Keys are told apart by their 64-bit hash, which is seeded by the store. About 40 bytes a key, and 40 a
/// record of the damaged segments.</remarks>
internal sealed class RecordChoice : IRecordWitness
{
    private readonly Dictionary<ulong, Holder> _newest = [];
    private readonly SortedDictionary<int, List<DirectoryEntry>> _damaged = [];
    private List<DirectoryEntry> _current = [];

    /// <summary>The damaged segments, in order.</summary>
    public IEnumerable<int> DamagedSegments => _damaged.Keys;

    /// <summary>Artifacts whose loose files are absent or wrong, and those files.</summary>
    public List<(ArtifactKey Key, string File)> LostLoose { get; } = [];

    /// <summary>The greatest sequence number of a sound record.</summary>
    public ulong MaxSequence { get; private set; }

    /// <summary>The records of a damaged segment to keep, in order of their offsets.</summary>
    public IReadOnlyList<DirectoryEntry> Kept(int segmentId) =>
    [
        .. _damaged[segmentId].Where(r => _newest[r.Hash] == new Holder(r.Sequence, segmentId))
            .DistinctBy(static r => r.Hash).OrderBy(static r => r.Offset),
    ];

    /// <inheritdoc/>
    public void Sound(int segmentId, in DirectoryEntry record)
    {
        _current.Add(record);
        MaxSequence = Math.Max(MaxSequence, record.Sequence);
        ref Holder known = ref CollectionsMarshal.GetValueRefOrAddDefault(_newest, record.Hash, out bool exists);
        // Of two copies, as a repair that was killed leaves them, the one in a sound segment stays.
        bool isNewer = !exists || record.Sequence > known.Sequence
            || (record.Sequence == known.Sequence && _damaged.ContainsKey(known.SegmentId));
        if (isNewer)
        {
            known = new Holder(record.Sequence, segmentId);
        }
    }

    /// <inheritdoc/>
    public void EndSegment(int segmentId, bool isDamaged)
    {
        if (isDamaged)
        {
            _damaged[segmentId] = _current;
            _current = [];
        }

        _current.Clear();
    }

    void IRecordWitness.LostLoose(in ArtifactKey key, string file) => LostLoose.Add((key, file));

    private readonly record struct Holder(ulong Sequence, int SegmentId);
}
