using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>
/// What the index does not know yet. While it is not empty, lookups ask the runs as well as the index, and the newest
/// sound record wins.
/// </summary>
/// <remarks>Immutable; the job that merges runs into the index publishes a smaller one after each.</remarks>
internal sealed class RecoveryRuns(StoreCore core, IReadOnlyList<RecoveryRun> runs)
{
    /// <summary>The runs, oldest first.</summary>
    public IReadOnlyList<RecoveryRun> Runs => runs;

    /// <summary>Finds the newest record of a key in the runs, if it is newer than what the index has.</summary>
    /// <returns>False where the index is to decide.</returns>
    /// <exception cref="UnreadableException">It cannot be told just now which is the newest.</exception>
    public bool TryFindNewest(
        StoreState state, in ArtifactKey key, ulong hash, out RecordLocation location, out bool removed)
    {
        location = default;
        removed = false;
        ulong best = IndexMerger.TryFindKey(
            core, state, key, hash, out IndexProbe _, out RecordHeader known, out UnreadableException? refusal)
            ? known.Sequence : 0;
        bool found = false;
        foreach (RecoveryRun run in runs)
        {
            ulong below = ulong.MaxValue;
            while (run.TryFind(core, hash, ref below, out DirectoryEntry entry) && entry.Sequence > best)
            {
                if (entry.Offset >= run.NotBefore && IsSoundRecordOf(core, run.Segment, entry, key))
                {
                    best = entry.Sequence;
                    location = new RecordLocation(run.Segment.Id, entry.Offset);
                    removed = entry.Kind == RecordKind.Tombstone;
                    found = true;
                    break;
                }
            }
        }

        // What the index has of the key may be newer than what the runs have.
        return found && refusal is not null ? throw refusal : found;
    }

    private static bool IsSoundRecordOf(StoreCore core, Segment segment, in DirectoryEntry entry, in ArtifactKey key)
    {
        if (StoreCore.TryReadKey(segment, entry.Offset, out ArtifactKey found, out RecordHeader header))
        {
            return found == key && header.Sequence == entry.Sequence
                && IndexMerger.MayReplace(core, segment, entry.Offset);
        }

        RecordReader.ThrowIfKeyRefused(segment, entry.Offset);
        return false;
    }
}
