using PackStore.Engine;
using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>What the directory blocks of sealed segments list: asked for a hash, or gone through. For one job; a sealed
/// segment does not change.</summary>
internal sealed class SegmentDirectories(StoreCore core)
{
    private readonly Dictionary<int, IReadOnlyList<RecoveryRun>> _runs = [];
    private readonly Dictionary<int, ulong> _oldest = [];
    private readonly HashSet<int> _damaged = [];

    /// <summary>All artifacts and tombstones of a segment. What is wrong with its directory is walked around, and
    /// told.</summary>
    public List<DirectoryEntry> ReadAll(Segment segment, out bool isDamaged)
    {
        List<DirectoryEntry> entries = [];
        IReadOnlyList<RecoveryRun> runs = RunsOf(segment);
        isDamaged = _damaged.Contains(segment.Id);
        foreach (RecoveryRun run in runs)
        {
            run.EnsureChecked(core);
            isDamaged |= run.IsDamaged;
            for (int i = 0; i < run.Count; i++)
            {
                entries.Add(run[core, i]);
            }
        }

        return entries;
    }

    /// <summary>Whether a sealed segment has a record of a hash that is older than a sequence number.</summary>
    public bool HasOlder(Segment segment, ulong hash, ulong sequence)
    {
        if (OldestOf(segment) >= sequence)
        {
            return false;
        }

        foreach (RecoveryRun run in RunsOf(segment))
        {
            ulong below = sequence;
            if (run.TryFind(core, hash, ref below, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The records of a hash in a sealed segment.</summary>
    public IEnumerable<DirectoryEntry> Of(Segment segment, ulong hash)
    {
        foreach (RecoveryRun run in RunsOf(segment))
        {
            ulong below = ulong.MaxValue;
            while (run.TryFind(core, hash, ref below, out DirectoryEntry entry))
            {
                yield return entry;
            }
        }
    }

    /// <summary>Whether the record at a place is one of a hash.</summary>
    public bool IsOf(Segment segment, long offset, ulong hash) => Of(segment, hash).Any(e => e.Offset == offset);

    private IReadOnlyList<RecoveryRun> RunsOf(Segment segment)
    {
        if (!_runs.TryGetValue(segment.Id, out IReadOnlyList<RecoveryRun>? runs))
        {
            if (!segment.TryOpen(out string problem))
            {
                throw new IOException($"{segment.Name}: {problem}.");
            }

            long directory = segment.DirectoryOffset;
            runs = RecoveryPlanner.RunsOf(core, segment);
            _runs.Add(segment.Id, runs);
            if (segment.DirectoryOffset != directory)
            {
                // Found damaged. That is no news for a checkpoint.
                segment.DirectoryOffset = directory;
                _damaged.Add(segment.Id);
            }
        }

        return runs;
    }

    /// <summary>The least sequence number of a segment.</summary>
    private ulong OldestOf(Segment segment)
    {
        if (!_oldest.TryGetValue(segment.Id, out ulong oldest))
        {
            oldest = ulong.MaxValue;
            foreach (DirectoryEntry entry in ReadAll(segment, out _))
            {
                oldest = Math.Min(oldest, entry.Sequence);
            }

            _oldest.Add(segment.Id, oldest);
        }

        return oldest;
    }
}
