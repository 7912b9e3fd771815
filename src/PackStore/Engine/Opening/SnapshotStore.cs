using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>The index snapshots of a store: finds the newest usable one, writes new ones, removes old ones.</summary>
internal static class SnapshotStore
{
    /// <summary>Snapshots up to this length are checked in full at open: a damaged word is a false miss that no replay
    /// cures. Longer ones are checked while they serve already, see <see cref="RecoveryJob"/>.</summary>
    private const long CheckedUpTo = 1 << 20;

    /// <summary>Whether <see cref="TryOpenNewest"/> has checked all of a snapshot that it returned.</summary>
    public static bool IsCheckedAtOpen(SnapshotHeader header) => header.FileBytes <= CheckedUpTo;

    /// <summary>Opens the newest snapshot with a sound header; null if there is none.</summary>
    public static (IStoreFile File, SnapshotHeader Header)? TryOpenNewest(StoreCore core)
    {
        foreach (ulong generation in Generations(core.Directory).OrderDescending())
        {
            string name = StoreFileNames.Snapshot(generation);
            IStoreFile? file = core.Directory.TryOpen(name, writable: false);
            if (file is null)
            {
                continue;
            }

            SnapshotHeader? header = SnapshotReader.TryReadHeader(file, core.Identity, out string problem);
            if (header is not null && IsCheckedAtOpen(header)
                && SnapshotReader.FindDamage(file, header, default) is >= 0 and var at)
            {
                problem = $"wrong checksum of the chunk at {at}";
                header = null;
            }

            if (header is not null && header.Generation == generation)
            {
                return (file, header);
            }

            core.Log.Ignored(name, problem);
            file.Dispose();
        }

        return null;
    }

    /// <summary>Whether a snapshot that serves already, and was too long to check at open, is damaged.</summary>
    public static bool IsDamaged(StoreCore core, ulong generation, CancellationToken cancellationToken)
    {
        string name = StoreFileNames.Snapshot(generation);
        using IStoreFile? file = core.Directory.TryOpen(name, writable: false);
        if (file is null || SnapshotReader.TryReadHeader(file, core.Identity,
            out _) is not { } header || IsCheckedAtOpen(header))
        {
            // Replaced meanwhile by a newer one, or checked before.
            return false;
        }

        long at = SnapshotReader.FindDamage(file, header, cancellationToken);
        if (at >= 0)
        {
            core.Log.Damaged(name, at, "wrong checksum of the chunk");
        }

        return at >= 0;
    }

    /// <summary>Writes the index as it is. The caller froze the table when the watermark was taken.</summary>
    /// <param name="core">The store.</param>
    /// <param name="header">What the watermark was taken with.</param>
    /// <param name="beforePublish">Runs when the file is written and has no name yet.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static void Write(StoreCore core, SnapshotHeader header, Action beforePublish,
        CancellationToken cancellationToken)
    {
        string name = StoreFileNames.Snapshot(header.Generation);
        string temporary = name + StoreFileNames.TemporarySuffix;
        core.Directory.CreateDirectory(StoreFileNames.Index);
        core.Directory.Delete(temporary);
        ThrowIfFull(core, name, header.FileBytes);
        try
        {
            using (IStoreFile file = core.Directory.Create(temporary))
            using (SnapshotWriter writer = new(core.State.Table, file, header))
            {
                writer.Write(cancellationToken);
                // At every durability: a snapshot that a power cut empties would hide what explicit flushes have made
                // durable.
                file.Sync();
            }

#if PACKSTORE_PROOF
            if (!PlantedBugs.Has(PlantedBug.SnapshotBeforeFlush))
#endif
            {
                beforePublish();
            }

            SchedulePoint.Reach("snapshot.flushed");
            core.Directory.Replace(temporary, name);
            core.Directory.SyncDirectory(StoreFileNames.Index);
        }
        catch
        {
            core.Directory.Delete(temporary);
            throw;
        }
    }

    /// <summary>The old one stands beside the new one for a while, and both leave the free space alone that must
    /// stay.</summary>
    private static void ThrowIfFull(StoreCore core, string name, long bytes)
    {
        if (core.Options.MinFreeBytes > 0
            && core.Directory.AvailableBytes() - core.Options.MinFreeBytes is var free && free < bytes)
        {
            throw new StoreFullException(name, bytes, Math.Max(0, free));
        }
    }

    /// <summary>Removes all snapshots but one.</summary>
    public static void RemoveOthers(StoreCore core, ulong generation)
    {
        foreach (ulong other in Generations(core.Directory))
        {
            if (other != generation)
            {
                core.Directory.Delete(StoreFileNames.Snapshot(other));
            }
        }
    }

    /// <summary>The generations of all snapshots that are there.</summary>
    public static IEnumerable<ulong> Generations(IStoreDirectory directory)
    {
        foreach (StoreEntry entry in directory.List(StoreFileNames.Index))
        {
            if (entry.IsFile && StoreFileNames.TryParseSnapshot(entry.Name, out ulong generation))
            {
                yield return generation;
            }
        }
    }
}
