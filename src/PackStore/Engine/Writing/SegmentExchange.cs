using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>
/// Puts a segment of copies in the place of the segments they were copied from: publishes the one, leads the index to
/// it, and retires the others once nothing needs them, not even after a power cut.
/// </summary>
/// <remarks>
/// A segment of copies is complete and durable before it has a number, and its number is greater than that of every
/// segment there is: the active one is sealed at that moment and another begins behind. So the order of places stays
/// the order of publication, which is what a snapshot's watermark and those who follow HEAD go by. A record and its
/// copy have the same sequence number: it does not matter which of the two is found, nor that a crash leaves both.
/// </remarks>
internal sealed class SegmentExchange(
    StoreCore core, WriterState writer, WritePath writes, Checkpointer checkpoints, GroupCommit commits)
{
    private const int BatchRecords = 256;

    /// <summary>The segment that is appended to; null if none is.</summary>
    public Segment? Active
    {
        get
        {
            lock (core.WriteLock)
            {
                return writer.Appender?.Segment;
            }
        }
    }

    /// <summary>Before records to copy are listed: see <see cref="Checkpointer.HoldSnapshots"/>.</summary>
    public void BeginListing() => checkpoints.HoldSnapshots();

    /// <summary>All copies of what was listed are published.</summary>
    public void EndListing() => checkpoints.ReleaseSnapshots();

    /// <summary>A number for a segment of copies. It is used up even if the segment never gets it.</summary>
    public int ReserveNumber()
    {
        lock (core.WriteLock)
        {
            writes.ThrowIfRefused();
            return writer.TakeSegmentNumber(core.Directory.FullPath);
        }
    }

    /// <summary>Publishes a segment of copies and leads the index to it. False, and nothing has changed, if a segment
    /// with a greater number has begun meanwhile: it needs another number then.</summary>
    /// <param name="output">Complete, sealed, durable, and not known to anybody.</param>
    /// <param name="temporaryName">The name that its file has.</param>
    /// <param name="moves">What it holds, and where that was copied from.</param>
    public bool TryPublish(Segment output, string temporaryName, ReadOnlySpan<RecordMove> moves)
    {
        checkpoints.EnsureMarked();
        // A snapshot's watermark must not come between the segment's number and the last word that leads to it: the
        // records left behind would count as known to the snapshot.
        SchedulePoint.BeforeLock(checkpoints.SnapshotLock, "snapshot lock");
        lock (checkpoints.SnapshotLock)
        {
            lock (core.WriteLock)
            {
                writes.ThrowIfRefused();
                if (core.State.Segments.LastId > output.Id)
                {
                    return false;
                }

                if (!core.Directory.TryRename(temporaryName, output.Name))
                {
                    throw new IOException($"{output.Name} is there already.");
                }

                output.DurableEnd = output.CommittedEnd;
                writes.PublishSealed(output);
                SchedulePoint.Reach("exchange.published");
            }

            Relocate(output, moves);
        }

        return true;
    }

    /// <summary>Takes segments away from which everything live was copied. What they hold besides is dead, and the
    /// records that made it so are made durable first.</summary>
    /// <param name="victims">The segments.</param>
    /// <param name="remove">Removes one's file, or puts it elsewhere.</param>
    /// <returns>Those that are gone for good; the others stay as they were.</returns>
    public IReadOnlyList<Segment> Retire(IReadOnlyList<Segment> victims, Action<Segment> remove)
    {
        commits.FlushNow();
        lock (core.WriteLock)
        {
            writes.ThrowIfRefused();
            victims = [.. victims.Where(IsRetirable)];
            core.State = core.State with { Segments = core.State.Segments.Without(victims) };
        }

        SchedulePoint.Reach("exchange.hidden");
        List<Segment> gone = [];
        try
        {
            // From here on nothing says that they must exist; before, their absence would be damage.
            if (victims.Count > 0 && checkpoints.TryWriteCheckpoint(clean: false))
            {
                SchedulePoint.Reach("exchange.checkpointed");
                foreach (Segment victim in victims)
                {
                    remove(victim);
                    gone.Add(victim);
                    SchedulePoint.Reach("exchange.unlinked");
                }
            }
        }
        catch (IOException e)
        {
            core.Log.HintFailed("The removal of a segment", e);
        }
        finally
        {
            PutBack(victims, gone);
        }

        if (gone.Count > 0)
        {
            // What comes next may rely on their absence: a tombstone whose older records were all in them, for one.
            commits.SyncSegmentNames();
            lock (core.WriteLock)
            {
                writer.Head.NextGeneration();
            }

            SchedulePoint.Reach("exchange.told");
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.RetiredBeforeDrained))
            {
                gone.ForEach(static s => s.Close());
                return gone;
            }
#endif
            EpochGate.Retire(() => gone.ForEach(static s => s.Close()));
        }

        return gone;
    }

    /// <summary>Removes from the index what still leads into a segment: records that cannot be copied. Returns how many
    /// that were.</summary>
    public long Forget(Segment segment)
    {
        lock (core.WriteLock)
        {
            if (core.Accounting.IsExact && segment.LiveBytes == 0)
            {
                return 0;
            }

            IndexTable table = core.State.Table;
            long forgotten = IndexSweeper.RemoveWhere(
                table, 0, table.AllBuckets, w => IndexWord.SegmentId(w) == segment.Id);
            if (forgotten > 0)
            {
                // What they were worth cannot be told any more: it is counted anew.
                core.Accounting.IsExact = false;
            }

            return forgotten;
        }
    }

    /// <summary>Removes the loose files whose payloads were copied out of segments that are gone. Returns their
    /// bytes.</summary>
    public long RemoveFolded(IReadOnlyList<Segment> gone)
    {
        List<MovedFile> files;
        lock (core.WriteLock)
        {
            files = writer.FoldedLoose.Take(gone);
        }

        foreach (MovedFile file in files)
        {
            SchedulePoint.Reach("exchange.unfolding");
            core.TryDropLoose(file.Name);
        }

        return files.Sum(static f => f.Bytes);
    }

    /// <summary>Makes everything durable; says whether that holds for all that earlier processes have left, so that no
    /// crash brings back what it superseded.</summary>
    public bool TryMakeDurable()
    {
        commits.FlushNow();
        lock (core.WriteLock)
        {
            // One that holds its durable end has a record that is out of the index and may be in it after another
            // open.
            Segment? active = writer.Appender?.Segment;
            return writer.Unsealed.Count == 0
                && core.State.Segments.All.All(s => s == active || s.DurableEnd >= s.CommittedEnd);
        }
    }

    /// <summary>Seals what an unclean stop, or a failure, has left open.</summary>
    public void SealLeftOvers()
    {
        lock (core.WriteLock)
        {
            if (writer.Unsealed.Count > 0)
            {
                writes.ThrowIfRefused();
                writes.SealLeftOvers();
            }
        }
    }

    /// <summary>Seals the segment that is appended to.</summary>
    public void SealActive()
    {
        checkpoints.EnsureMarked();
        lock (core.WriteLock)
        {
            writes.ThrowIfRefused();
            writes.SealActive();
        }
    }

    /// <summary>Makes sure that a segment is not the last one, so that it can be retired: begins another.</summary>
    public void BeginBehind(Segment segment)
    {
        checkpoints.EnsureMarked();
        lock (core.WriteLock)
        {
            writes.ThrowIfRefused();
            if (core.State.Segments.LastId == segment.Id)
            {
                writes.BeginSegment(writes.UsualCapacity);
            }
        }
    }

    /// <summary>Whether the index leads to a record just where it stands, and the hour it has for it. Inside an epoch
    /// section or under the write lock.</summary>
    public static bool IsLive(StoreCore core, ulong hash, RecordLocation location, out ushort hour)
    {
        bool found = TryFind(core, hash, location, out IndexProbe probe);
        hour = found ? probe.Hour : (ushort)0;
        return found;
    }

    private static bool TryFind(StoreCore core, ulong hash, RecordLocation location, out IndexProbe probe)
    {
        probe = core.State.Table.Probe(hash);
        while (probe.MoveNext())
        {
            if (IndexWord.Location(probe.Word) == location)
            {
                return true;
            }
        }

        return false;
    }

    private void Relocate(Segment output, ReadOnlySpan<RecordMove> moves)
    {
        while (!moves.IsEmpty)
        {
            ReadOnlySpan<RecordMove> batch = moves[..Math.Min(moves.Length, BatchRecords)];
            lock (core.WriteLock)
            {
                foreach (RecordMove move in batch)
                {
                    RelocateOne(output, move);
                    SchedulePoint.Reach("exchange.relocated");
                }

                writer.RecordsSinceSnapshot += batch.Length;
                writer.Relocations += batch.Length;
            }

            moves = moves[batch.Length..];
        }
    }

    private void RelocateOne(Segment output, in RecordMove move)
    {
        if (move.Kind != RecordKind.Artifact || !TryFind(core, move.Hash, move.From, out IndexProbe probe)
            || !IndexTable.TryRelocate(ref probe, new RecordLocation(output.Id, move.Offset)))
        {
            if (move.Files is { Created.Count: > 0 } files)
            {
                LeaveBehind(move, files);
            }

            return;
        }

        output.AddLive(move.Length);
        if (core.State.Segments.TryGet(move.From.SegmentId, out Segment? source))
        {
            source.AddLive(-move.SourceLength);
        }

        // Whoever is counting meanwhile has to count again.
        core.Accounting.Add(
            0, 0, move.Files?.Files ?? 0, move.Files?.Bytes ?? 0, move.Length - (long)move.SourceLength);
        if (move.Files is { } moved)
        {
            foreach (MovedFile file in moved.Created)
            {
                core.Loose.Claims.Remove(file.Name);
            }

            writer.FoldedLoose.Note(move.From.SegmentId, moved.Dropped);
        }
    }

    /// <summary>A copy that came too late, and the files that only it names. They go as those of any superseded record
    /// do: a crash may take what superseded it. One whose record was evicted meanwhile gets a tombstone first, as if it
    /// had had the files by then: whoever rebuilds the index must not find it without them.</summary>
    private void LeaveBehind(in RecordMove move, MovedFiles files)
    {
        try
        {
            if (!KeyPresence.IsThere(core, files.Key, move.Hash))
            {
                using PreparedRecord tombstone = PreparedRecord.Tombstone(files.Key, move.Hash);
                writes.Append([tombstone]);
            }
        }
        catch (IOException e)
        {
            // The files stay claimed, and so on disk, as long as this process lives.
            core.Log.HintFailed("A tombstone of an evicted artifact", e);
            return;
        }

        foreach (MovedFile file in files.Created)
        {
            writer.SupersededLoose.Enqueue((writer.Sequence, files.Key, file.Index, file.Generation, file.Bytes));
            writer.SupersededLooseBytes += file.Bytes;
        }
    }

    /// <summary>Not the last one, for its number must not be given again; none that has still to be synced or sealed,
    /// or that something live is counted in. None at all once the index lacks what could not be read.</summary>
    private bool IsRetirable(Segment segment) =>
        !writer.HasUnreadable && segment.IsSealed && segment.Id < core.State.Segments.LastId
        && (!core.Accounting.IsExact || segment.LiveBytes == 0)
        && core.State.Segments.TryGet(segment.Id, out Segment? known) && ReferenceEquals(known, segment)
        && !writer.UnsyncedSealed.Exists(a => ReferenceEquals(a.Segment, segment))
        && !writer.Unsealed.Exists(u => ReferenceEquals(u.Segment, segment));

    private void PutBack(IReadOnlyList<Segment> victims, List<Segment> gone)
    {
        Segment[] left = [.. victims.Except(gone)];
        if (left.Length > 0)
        {
            lock (core.WriteLock)
            {
                core.State = core.State with
                {
                    Segments = SegmentMap.Of(core.State.Segments.All.Concat(left)),
                };
                writer.SegmentsChanged = true;
            }
        }
    }
}

/// <summary>One record that was copied.</summary>
/// <param name="Hash">Hash of its key.</param>
/// <param name="From">Where it stood.</param>
/// <param name="Offset">Where its copy stands.</param>
/// <param name="Length">The copy's length in bytes.</param>
/// <param name="SourceLength">The record's.</param>
/// <param name="Kind">Artifact or tombstone.</param>
/// <param name="Hour">When it was last used.</param>
internal readonly record struct RecordMove(
    ulong Hash, RecordLocation From, long Offset, int Length, int SourceLength, RecordKind Kind, ushort Hour)
{
    /// <summary>How their loose files differ; null if they do not.</summary>
    public MovedFiles? Files { get; init; }
}
