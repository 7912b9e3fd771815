using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>Takes away what is not needed any more: segments everything live was copied from, and files that a stopped
/// process was writing.</summary>
internal sealed class SegmentReaper(StoreCore core, SegmentExchange exchange)
{
    /// <summary>Retires segments, and the loose files that only they named; returns those that are gone. What is
    /// damaged is kept in quarantine.</summary>
    public IReadOnlyList<Victim> Retire(IReadOnlyList<Victim> victims, out long looseBytes)
    {
        Dictionary<Segment, Victim> bySegment = victims.ToDictionary(static v => v.Segment);
        IReadOnlyList<Segment> gone = exchange.Retire(
            [.. victims.Select(static v => v.Segment)], s => Remove(bySegment[s]));
        looseBytes = exchange.RemoveFolded(gone);
        return [.. gone.Select(s => bySegment[s])];
    }

    /// <summary>Removes segments that a job which was stopped was writing: no number, so nobody knows them.</summary>
    public void SweepTemporaries()
    {
        foreach (StoreEntry entry in core.Directory.List(StoreFileNames.Segments))
        {
            if (entry.IsFile && StoreFileNames.IsTemporary(entry.Name))
            {
                core.Directory.Delete($"{StoreFileNames.Segments}/{entry.Name}");
            }
        }
    }

    private void Remove(Victim victim)
    {
        string name = victim.Segment.Name;
        if (!victim.IsDamaged)
        {
            core.Directory.Delete(name);
            return;
        }

        core.Directory.CreateDirectory(StoreFileNames.Quarantine);
        for (int i = 0; !core.Directory.TryRename(name, StoreFileNames.Quarantined(name, i)); i++)
        {
        }

        core.Directory.SyncDirectory(StoreFileNames.Quarantine);
    }
}
