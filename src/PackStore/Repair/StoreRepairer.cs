using PackStore.Engine;
using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Storage;
using PackStore.Verification;

namespace PackStore.Repair;

/// <summary>
/// Makes a damaged store sound again: keeps every undamaged artifact, puts what is damaged into quarantine, and has the
/// engine rebuild the rest.
/// </summary>
/// <remarks>
/// Nothing is changed in place. What is to be kept stands durably in new segments before a damaged one is moved away,
/// and hints go before what they point to. A kill at any moment leaves a store that opens and that the next repair
/// finishes.
/// </remarks>
internal sealed class StoreRepairer
{
    private const int MostPasses = 4;

    private readonly Func<IStoreDirectory> _open;
    private readonly RepairOptions _options;
    private readonly IProgress<MaintenanceProgress>? _progress;
    private readonly CancellationToken _token;
    private readonly List<string> _quarantined = [];
    private long _copiedRecords;
    private long _copiedBytes;

    private StoreRepairer(
        Func<IStoreDirectory> open, RepairOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken token)
    {
        _open = open;
        _options = options;
        _progress = progress;
        _token = token;
    }

    /// <summary>Repairs on a thread of its own. Each call of <paramref name="open"/> opens the store's directory
    /// anew.</summary>
    public static Task<RepairReport> RunAsync(
        Func<IStoreDirectory> open, RepairOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken token) =>
        OwnThread.Run("packstore repair", () => Run(open, options, progress, token));

    /// <summary>Repairs on this thread.</summary>
    public static RepairReport Run(
        Func<IStoreDirectory> open, RepairOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken token) => new StoreRepairer(open, options, progress, token).Run();

    private RepairReport Run()
    {
        VerifyReport? first = null;
        HashSet<ArtifactKey> hit = [];
        VerifyReport last;
        // Damage may hide other damage: a lost record its older version's lost file, for instance.
        for (int pass = 0; ; pass++)
        {
            last = Pass(isLast: pass == MostPasses || _options.DryRun);
            first ??= last;
            hit.UnionWith(last.Damage.Where(static f => f.Key is not null).Select(static f => f.Key!.Value));
            if (last.IsClean || pass == MostPasses || _options.DryRun)
            {
                break;
            }
        }

        return new RepairReport(first)
        {
            After = ReferenceEquals(first, last) ? null : last,
            HitKeys = [.. hit],
            CopiedRecords = _copiedRecords,
            CopiedBytes = _copiedBytes,
            Quarantined = _quarantined,
        };
    }

    /// <summary>Looks at everything, and unless there is nothing to do or it is the last look, mends it.</summary>
    private VerifyReport Pass(bool isLast)
    {
        RecordChoice choice = new();
        VerifyReport report;
        using (IStoreDirectory directory = _open())
        {
            RefuseNewer(directory);
            using IDisposable? writerLock =
                _options.DryRun ? null : WriterLock.Take(directory, _options.TimeProvider);
            VerifyRun run = new(directory, new VerifyOptions(), _progress, _token) { Witness = choice };
            report = StoreVerifier.Run(run);
            if (!report.IsClean && !run.HasIdentity)
            {
                throw new CorruptStoreException(
                    Path.Combine(directory.FullPath, StoreFileNames.Store), 0, "no identity, nor in any segment",
                    "the identity of a store");
            }

            if (_options.DryRun)
            {
                Plan(choice);
            }
            else if (!report.IsClean && !isLast)
            {
                Mend(directory, run.Identity, report, choice);
            }
        }

        if (!report.IsClean && !isLast)
        {
            Rebuild(choice);
        }

        return report;
    }

    /// <summary>A store that this version may read and not write is not repaired.</summary>
    private static void RefuseNewer(IStoreDirectory directory)
    {
        try
        {
            IdentityStore.TryRead(directory, forWriting: true);
        }
        catch (PackStoreException e) when (e is CorruptStoreException or NotAStoreException
            && SegmentNames.List(directory).Length > 0)
        {
            // That is one of the things that are repaired here; a segment's header has the identity too.
        }
    }

    private void Plan(RecordChoice choice)
    {
        foreach (int id in choice.DamagedSegments)
        {
            Count(choice.Kept(id));
            _quarantined.Add(StoreFileNames.Segment(id));
        }

        _quarantined.AddRange(choice.LostLoose.Select(static l => l.File));
    }

    private void Mend(IStoreDirectory directory, StoreIdentity identity, VerifyReport report, RecordChoice choice)
    {
        foreach (string folder in new[] { StoreFileNames.Segments, StoreFileNames.Index, StoreFileNames.Loose,
            StoreFileNames.Quarantine })
        {
            directory.CreateDirectory(folder);
        }

        RequireRoom(directory, choice);
        if (report.Damage.Any(static f => f.Kind == VerifyFindingKind.Identity))
        {
            IdentityStore.Write(directory, identity);
        }

        QuarantineRoom quarantine = new(directory);
        if (report.Damage.Any(static f => f.Kind is not (VerifyFindingKind.Identity or VerifyFindingKind.Loose)))
        {
            // A hint of where the writer was must not make new segments look unwritten.
            directory.Delete(StoreFileNames.Head);
            Salvage(directory, identity, choice);
            DeleteSnapshots(directory);
            foreach (int id in choice.DamagedSegments)
            {
                quarantine.Take(StoreFileNames.Segment(id));
            }

            quarantine.Sync();
            // Last: as long as there is one, a segment that it names and that is gone is damage.
            directory.Delete(StoreFileNames.CheckpointNew);
            directory.Delete(StoreFileNames.CheckpointOld);
            directory.Delete(StoreFileNames.Checkpoint);
        }

        foreach ((_, string file) in choice.LostLoose)
        {
            quarantine.Take(file);
        }

        quarantine.Sync();
        directory.SyncDirectory("");
        _quarantined.AddRange(quarantine.Names);
    }

    private void Salvage(IStoreDirectory directory, StoreIdentity identity, RecordChoice choice)
    {
        using SegmentSalvage salvage = new(directory, identity, _options.TimeProvider, choice.MaxSequence);
        foreach (int id in choice.DamagedSegments)
        {
            IReadOnlyList<DirectoryEntry> kept = choice.Kept(id);
            salvage.Copy(id, kept, _token);
            Count(kept);
            _progress?.Report(new MaintenanceProgress("salvage", _copiedBytes, _copiedBytes, _copiedRecords, 0));
        }

        salvage.Complete();
    }

    /// <summary>The store is opened, which rebuilds the index and the checkpoint; artifacts that lost a loose file are
    /// removed, so that they are misses and no damage.</summary>
    private void Rebuild(RecordChoice choice)
    {
        _progress?.Report(new MaintenanceProgress("rebuild", 0, 0, 0, 0));
        StoreEngine engine = StoreOpener.OpenForWriting(
            _open(), new PackStoreOptions { CreateIfMissing = false, TimeProvider = _options.TimeProvider },
            ulong.MaxValue);
        try
        {
            engine.Recovery.Wait(_token);
            foreach (ArtifactKey key in choice.LostLoose.Select(static l => l.Key).Distinct())
            {
                engine.Writes!.Remove(key, out _);
            }
        }
        finally
        {
            engine.Close();
        }
    }

    private static void RequireRoom(IStoreDirectory directory, RecordChoice choice)
    {
        long needed = 0;
        foreach (int id in choice.DamagedSegments)
        {
            needed += choice.Kept(id).Sum(static r => (long)r.Length);
        }

        long available = directory.AvailableBytes();
        if (needed > available)
        {
            throw new StoreFullException(
                Path.Combine(directory.FullPath, StoreFileNames.Segments), needed, available);
        }
    }

    private static void DeleteSnapshots(IStoreDirectory directory)
    {
        foreach (ulong generation in SnapshotStore.Generations(directory).ToArray())
        {
            directory.Delete(StoreFileNames.Snapshot(generation));
        }

        directory.SyncDirectory(StoreFileNames.Index);
    }

    private void Count(IReadOnlyList<DirectoryEntry> records)
    {
        _copiedRecords += records.Count;
        _copiedBytes += records.Sum(static r => (long)r.Length);
    }
}
