using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Engine.Opening;

/// <summary>Opens a store, in whatever state it was left, in time that does not grow with it.</summary>
internal static class StoreOpener
{
    /// <summary>Opens for writing, creating where the options allow it. Takes over the directory.</summary>
    public static StoreEngine OpenForWriting(IStoreDirectory directory, PackStoreOptions options, ulong hashMask)
    {
        IDisposable? writerLock = null;
        try
        {
            bool exists = HasIdentity(directory);
            if (!exists && !(options.CreateIfMissing && IdentityStore.IsEmptyOrUnfinished(directory)))
            {
                throw Refusal(directory);
            }

            if (exists)
            {
                // Says "newer" or "damaged" before it says "locked", and touches nothing.
                IdentityStore.TryRead(directory, forWriting: true);
            }

            writerLock = WriterLock.Take(directory, options.TimeProvider);
            directory.AdoptModeFrom(StoreFileNames.Store);
            StoreIdentity identity = IdentityStore.TryRead(directory, forWriting: true)
                ?? IdentityStore.Create(directory, options);
            StoreCore core = new(directory, identity, options, readOnly: false) { HashMask = hashMask };
            try
            {
                return Start(core, writerLock);
            }
            catch
            {
                core.Abandon();
                throw;
            }
        }
        catch
        {
            writerLock?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Opens read-only beside a writer or without one. Takes over the directory.</summary>
    public static StoreEngine OpenForReading(IStoreDirectory directory, PackStoreOptions options, ulong hashMask)
    {
        try
        {
            StoreIdentity identity = IdentityStore.TryRead(directory, forWriting: false) ?? throw Refusal(directory);
            StoreCore core = new(directory, identity, options, readOnly: true) { HashMask = hashMask };
            try
            {
                return StartReading(core);
            }
            catch
            {
                core.Abandon();
                throw;
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static StoreEngine StartReading(StoreCore core)
    {
        HeadPage? head = HeadPage.TryOpen(core.Directory);
        try
        {
            FollowStart start = StateLoader.LoadToFollow(core, head, out LoadedState loaded);
            StoreEngine engine = new(core, null, null, new TailFollower(core, head, start));
            Begin(engine, loaded);
            return engine;
        }
        catch
        {
            head?.Dispose();
            throw;
        }
    }

    private static StoreEngine Start(StoreCore core, IDisposable writerLock)
    {
        HeadPage head = HeadPage.OpenForWriting(core.Directory);
        try
        {
            LoadedState loaded = StateLoader.Load(core, head);
            (SegmentPlan plan, CheckpointRecord? checkpoint, bool clean) =
                (loaded.Plan, loaded.Checkpoint, loaded.IsClean);
            WriterState writer = new(core, head)
            {
                Sequence = plan.MaxSequence,
                OpenedSequence = plan.MaxSequence,
                DurableSequence = clean ? plan.MaxSequence : 0,
                NextSegmentId = Math.Max(NextSegmentId(core.Directory, checkpoint), plan.LastKnownId + 1),
                Lost = plan.Lost,
                SnapshotGeneration = loaded.Snapshot.Generation,
                LastSnapshot = checkpoint?.SnapshotGeneration ?? 0,
                CheckpointGeneration = checkpoint?.Generation ?? 0,
                RecordsSinceSnapshot = plan.Runs.Sum(r => (long)r.Count),
                WasClean = clean,
                HasUnreadable = plan.HasUnreadable || plan.Lost.Count > 0,
            };
            // What was shortened since is not appended to.
            TakeUnsealed(core, writer, plan, clean && plan.Missing.Count == 0);
            if (checkpoint is null)
            {
                // Whoever made the store may have been killed before its name was durable.
                core.Directory.SyncDirectory("");
            }

            if (!clean)
            {
                TakeUnsynced(core, writer, plan);
            }

            RecordLocation committed = writer.Committed(core.State.Segments);
            core.State.Segments.TryGet(committed.SegmentId, out Segment? last);
            RecordLocation block = last is null ? default : new RecordLocation(last.Id, last.DirectoryOffset);
            if (head.Claim(core.Identity.StoreId, core.Directory.BootId, committed, block) is { } full)
            {
                core.Log.HintFailed(StoreFileNames.Head, full);
            }

            StoreEngine engine = new(core, writer, writerLock, null);
            Begin(engine, loaded);
            return engine;
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    /// <summary>After a clean close the active segment goes on; otherwise it is to be sealed, and a new one
    /// begins.</summary>
    private static void TakeUnsealed(StoreCore core, WriterState writer, SegmentPlan plan, bool clean)
    {
        foreach (UnsealedSegment unsealed in plan.Unsealed)
        {
            if (clean && writer.Appender is null && unsealed.Segment.Id == core.State.Segments.LastId)
            {
                writer.Appender = SegmentAppender.Reopen(
                    core.Directory, core.Identity.StoreId, unsealed.Segment, unsealed.Builder);
                unsealed.Segment.DurableEnd = unsealed.Segment.CommittedEnd;
            }
            else
            {
                writer.Unsealed.Add(unsealed);
                writer.SegmentsChanged = true;
            }
        }
    }

    /// <summary>What a process that was killed had not synced yet is in the page cache, and for the next flush of this
    /// one to sync.</summary>
    private static void TakeUnsynced(StoreCore core, WriterState writer, SegmentPlan plan)
    {
        writer.SegmentsChanged |= plan.Segments.Count > 0;
        foreach (Segment segment in plan.Segments)
        {
            if (segment.IsSealed && segment.DurableEnd < segment.CommittedEnd && segment.TryOpen(out _))
            {
                writer.UnsyncedSealed.Add(SegmentAppender.Reopen(
                    core.Directory, core.Identity.StoreId, segment, new DirectoryBuilder(segment.CommittedEnd)));
            }
        }

        foreach (Segment segment in plan.Unsynced)
        {
            writer.UnsyncedSealed.Add(SegmentAppender.Reopen(
                core.Directory, core.Identity.StoreId, segment, new DirectoryBuilder(segment.CommittedEnd)));
        }

        foreach (RecoveryRun run in plan.Runs)
        {
            if (run.Segment.DurableEnd < run.Segment.CommittedEnd)
            {
                NoteUnsyncedLoose(core, run);
            }
        }
    }

    private static void NoteUnsyncedLoose(StoreCore core, RecoveryRun run)
    {
        run.EnsureChecked(core);
        for (int i = 0; i < run.Count; i++)
        {
            DirectoryEntry entry = run[core, i];
            if (!entry.HasLoose || entry.Offset < run.Segment.DurableEnd
                || !TryReadSound(run.Segment, entry.Offset, out RecordHeader header, out ReadOnlySpan<byte> record))
            {
                continue;
            }

            ArtifactKey key = RecordBody.ReadKey(record, header.KeyLength);
            for (int d = 0; d < header.DescriptorCount; d++)
            {
                PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, d);
                if (descriptor.Tier == PayloadTier.Loose)
                {
                    string name = StoreFileNames.LooseFile(key.Bytes, d, descriptor.Place);
                    using IStoreFile? file = core.Directory.TryOpen(name, writable: false);
                    if (file is not null)
                    {
                        core.Loose.NoteUnsynced(name, null);
                    }
                }
            }
        }
    }

    private static bool TryReadSound(
        Segment segment, long offset, out RecordHeader header, out ReadOnlySpan<byte> record)
    {
        if (RecordReader.TryReadRecord(segment, offset, out header, out record, out string? problem))
        {
            return RecordReader.FindProblem(record, header, payloads: false, out _) is null;
        }

        // The next flush would promise files that it does not sync.
        RecordReader.ThrowIfRefused(segment, offset, header, problem);
        return false;
    }

    private static void Begin(StoreEngine engine, LoadedState loaded)
    {
        StoreCore core = engine.Core;
        (SegmentPlan plan, CheckpointRecord? checkpoint, bool clean) =
            (loaded.Plan, loaded.Checkpoint, loaded.IsClean);
        SnapshotInUse snapshot = loaded.Snapshot;
        // Of another snapshot than the one that was closed with it is not known what had been evicted, then or now.
        bool counted = clean && plan.Missing.Count == 0
            && (snapshot.Generation == checkpoint!.SnapshotGeneration
                || (snapshot.Generation == 0 && !checkpoint.HasLeftOut));
        if (counted)
        {
            core.Accounting.Set(checkpoint!.Counters, plan.Segments.Sum(static s => s.LiveBytes));
        }

        core.Log.Opened(
            core.Directory.FullPath, clean ? "clean" : "not closed cleanly", plan.Segments.Count,
            plan.Runs.Sum(r => (long)r.Count));
        try
        {
            engine.Recovery.Start(plan.Runs, recount: !counted, snapshot.IsChecked ? 0 : snapshot.Generation);
        }
        catch
        {
            engine.Stop();
            throw;
        }
    }

    /// <summary>A number that no segment has, nor one that is lost.</summary>
    public static int NextSegmentId(IStoreDirectory directory, CheckpointRecord? checkpoint)
    {
        int last = checkpoint?.Segments.Select(static s => s.SegmentId).DefaultIfEmpty().Max() ?? 0;
        foreach (StoreEntry entry in directory.List(StoreFileNames.Segments))
        {
            if (StoreFileNames.TryParseSegment(entry.Name, out int id))
            {
                last = Math.Max(last, id);
            }
        }

        return last + 1;
    }

    private static bool HasIdentity(IStoreDirectory directory)
    {
        using IStoreFile? file = directory.TryOpen(StoreFileNames.Store, writable: false);
        return file is not null;
    }

    private static PackStoreException Refusal(IStoreDirectory directory)
    {
        bool hasSegments = directory.List(StoreFileNames.Segments)
            .Any(e => e.IsFile && StoreFileNames.TryParseSegment(e.Name, out _));
        return hasSegments
            ? new CorruptStoreException(
                Path.Combine(directory.FullPath, StoreFileNames.Store), 0, "no file", "the store's identity")
            : new NotAStoreException(directory.FullPath, "it has no STORE");
    }
}
