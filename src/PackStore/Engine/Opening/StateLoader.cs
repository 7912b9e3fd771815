using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>Loads what lookups need, the newest snapshot of the index and what came after it, in whatever state the
/// store was left or is just now.</summary>
internal static class StateLoader
{
    /// <summary>Loads, and publishes it as the state; what the index lacks is the state's recovery.</summary>
    public static LoadedState Load(StoreCore core, HeadPage? head)
    {
        List<string> problems = [];
        CheckpointRecord? checkpoint = CheckpointStore.TryRead(core.Directory, core.Identity.StoreId, problems);
        (IStoreFile File, SnapshotHeader Header)? snapshot = SnapshotStore.TryOpenNewest(core);
        IndexTable table;
        RecordLocation watermark = default;
        if (snapshot is { } found)
        {
            using IStoreFile file = found.File;
            table = IndexTable.Load(core.Directory, file, found.Header);
            watermark = found.Header.Watermark;
        }
        else
        {
            table = IndexTable.Create(core.Directory);
        }

        core.State = new StoreState(core, table, SegmentMap.Empty, null);
        RecoveryPlanner planner = new(core, checkpoint, head, watermark);
        SegmentPlan plan = planner.Plan();
        foreach (string missing in plan.Missing)
        {
            core.Log.Ignored(missing, "the checkpoint names it");
        }

        core.AbsentSegments = plan.AbsentIds;
        core.State = core.State with
        {
            Segments = SegmentMap.Of(plan.Segments),
            Recovery = plan.Runs.Count == 0 ? null : new RecoveryRuns(core, plan.Runs),
        };
        SnapshotInUse inUse = snapshot is { Header: { } used }
            ? new SnapshotInUse(used.Generation, SnapshotStore.IsCheckedAtOpen(used), used.Sequence)
            : default;
        return new LoadedState(plan, checkpoint, planner.IsClean, inUse);
    }

    /// <summary>Loads beside a writer, or without one.</summary>
    /// <returns>Where to follow the writer from.</returns>
    public static FollowStart LoadToFollow(StoreCore core, HeadPage? head, out LoadedState loaded)
    {
        // Read before the segments are looked at: what is published meanwhile is then followed.
        ulong generation = head?.Generation ?? 0;
        ulong word = head?.CommittedWord ?? 0;
        bool current = head is not null && head.IsCurrent(core.Identity.StoreId, core.Directory.BootId);
        loaded = Load(core, head);
        int last = core.State.Segments.LastId;
        RecordLocation applied = current || !core.State.Segments.TryGet(last, out Segment? segment)
            ? HeadWords.Unpack(current ? word : 0)
            : new RecordLocation(last, segment.CommittedEnd);
        return new FollowStart(applied, word, Math.Max(loaded.Plan.MaxSequence, loaded.Snapshot.Sequence), generation);
    }

    /// <summary>Loads once more beside what a reader serves, and merges all of it: an index that is complete up to a
    /// place.</summary>
    /// <returns>The place; the caller publishes <paramref name="fresh"/> in the other's stead, or gives its state
    /// back.</returns>
    public static FollowStart LoadAnew(StoreCore core, HeadPage head, out StoreCore fresh)
    {
        fresh = core.Beside();
        try
        {
            FollowStart start = LoadToFollow(fresh, head, out LoadedState loaded);
            bool isDamaged = !loaded.Snapshot.IsChecked
                && SnapshotStore.IsDamaged(fresh, loaded.Snapshot.Generation, CancellationToken.None);
            MergeAll(fresh, isDamaged ? AllRuns(fresh) : loaded.Plan.Runs);
            return start;
        }
        catch
        {
            fresh.ReleaseState();
            throw;
        }
    }

    /// <summary>Every record of every segment, whatever the index knows of them.</summary>
    public static IReadOnlyList<RecoveryRun> AllRuns(StoreCore core) =>
        [.. core.State.Segments.All.SelectMany(s => RecoveryPlanner.RunsOf(core, s))];

    private static void MergeAll(StoreCore core, IReadOnlyList<RecoveryRun> runs)
    {
        IndexMerger merger = new(core);
        foreach (RecoveryRun run in runs)
        {
            run.EnsureChecked(core);
            for (int i = 0; i < run.Count; i++)
            {
                DirectoryEntry entry = run[core, i];
                if (entry.Offset >= run.NotBefore)
                {
                    merger.Merge(run.Segment, entry, run.HourOf(core, i));
                }
            }
        }

        merger.PurgeTombstones();
        core.State = core.State with { Recovery = null };
    }
}

/// <summary>What was loaded, beside the state.</summary>
/// <param name="Plan">What was found out about the segments.</param>
/// <param name="Checkpoint">The checkpoint; null if there is none.</param>
/// <param name="IsClean">Whether nothing was written after it.</param>
/// <param name="Snapshot">The snapshot that the index was loaded from.</param>
internal sealed record LoadedState(
    SegmentPlan Plan, CheckpointRecord? Checkpoint, bool IsClean, SnapshotInUse Snapshot);

/// <summary>The snapshot that the index was loaded from; generation 0 for none.</summary>
/// <param name="Generation">Its generation.</param>
/// <param name="IsChecked">Whether all of it was checked.</param>
/// <param name="Sequence">The greatest sequence number before its watermark.</param>
internal readonly record struct SnapshotInUse(ulong Generation, bool IsChecked, ulong Sequence);

/// <summary>Where a reader follows its writer from.</summary>
/// <param name="Applied">All records before this place were loaded.</param>
/// <param name="Word">The committed end that stood in HEAD before anything was loaded.</param>
/// <param name="Sequence">No record of before has a greater sequence number, and no later one, unless it is a copy, has
/// a smaller.</param>
/// <param name="Generation">The generation that stood in HEAD before that.</param>
internal readonly record struct FollowStart(RecordLocation Applied, ulong Word, ulong Sequence, ulong Generation);
