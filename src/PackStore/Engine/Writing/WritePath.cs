using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>
/// The put, from encoded records on: room, one gathered write, committed end, index, HEAD, in this order, under the
/// write lock.
/// </summary>
internal sealed class WritePath(StoreCore core, WriterState writer, RecoveryJob recovery)
{
    /// <summary>Told of each record that becomes visible, under the write lock: a pending artifact of its key is
    /// overtaken.</summary>
    public Action<ArtifactKey>? Published { get; set; }

    private readonly SpaceReserve _reserve = new(core);
    private readonly long _segmentBytes = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes;

    /// <summary>Free space, and how much of it a file of so many bytes beside the segments has to leave.</summary>
    public (long Free, long Needed) RoomFor(long bytes)
    {
        lock (core.WriteLock)
        {
            return _reserve.RoomFor(bytes);
        }
    }

    /// <summary>Whether space is so short that a removal should wait for a segment to be rewritten.</summary>
    public bool IsReserveLow()
    {
        lock (core.WriteLock)
        {
            return _reserve.IsLow(writer.Appender);
        }
    }

    /// <summary>How large a segment may become that is begun for no record in particular.</summary>
    public long UsualCapacity => _reserve.CapacityFor([]);

    /// <summary>The longest record that a new segment can take.</summary>
    public long MaxRecordLength => SegmentAppender.MaxRecordLength(_segmentBytes);

    /// <summary>Appends records and makes them hits. Returns the sequence number of the last.</summary>
    public ulong Append(ReadOnlySpan<PreparedRecord> records)
    {
        lock (core.WriteLock)
        {
            ThrowIfRefused();
            KeyPresence.ThrowIfUnclear(core, recovery.Merger, records);
            _reserve.Check(writer.Appender, records);
            EnsureRoom(records);
            SegmentAppender appender = writer.Appender!;
            long before = appender.End;
#if PACKSTORE_PROOF
            if (PlantedBugs.Has(PlantedBug.HeadBeforeBytes))
            {
                PublishHead(new RecordLocation(appender.Segment.Id, appender.EndWith(records)));
            }
#endif
            appender.Append(records, ref writer.Sequence);
            foreach (PreparedRecord record in records)
            {
                Publish(appender.Segment, record);
                SchedulePoint.Reach("append.published");
            }

#if PACKSTORE_PROOF
            appender.WriteLate();
#endif
            writer.RecordsSinceSnapshot += records.Length;
            core.Metrics.Appended(records.Length, appender.End - before);
            if (appender.IsDirectoryDue)
            {
                AppendDirectory(appender);
            }

            PublishHead(new RecordLocation(appender.Segment.Id, appender.End));
            SchedulePoint.Reach("append.told");
            return writer.Sequence;
        }
    }

    /// <summary>Appends many records, as many at a time as fit the active segment. Returns the sequence number of the
    /// last.</summary>
    /// <param name="records">The records.</param>
    /// <param name="appended">How many of them stand, also when this throws.</param>
    public ulong AppendAll(ReadOnlySpan<PreparedRecord> records, out int appended)
    {
        appended = 0;
        const int Most = 256;
        ulong sequence = 0;
        lock (core.WriteLock)
        {
            while (!records.IsEmpty)
            {
                int count = Math.Min(records.Length, Most);
                while (count > 1 && writer.Appender?.Fits(records[..count]) != true)
                {
                    count = (count + 1) / 2;
                    if (writer.Appender is null || !writer.Appender.Fits(records[..1]))
                    {
                        count = 1;
                    }
                }

                sequence = Append(records[..count]);
                appended += count;
                records = records[count..];
            }
        }

        return sequence;
    }

    /// <summary>Removes a key; returns the sequence number of its tombstone, or 0 if it needs none. An evicted key is
    /// not there and gets one: what was removed must not come back with the index.</summary>
    public ulong Remove(in ArtifactKey key, out bool wasThere)
    {
        ulong hash = core.HashOf(key);
        using PreparedRecord tombstone = PreparedRecord.Tombstone(key, hash);
        lock (core.WriteLock)
        {
            ThrowIfRefused();
            wasThere = KeyPresence.IsThere(core, key, hash);
            if (wasThere)
            {
#if PACKSTORE_PROOF
                if (PlantedBugs.Has(PlantedBug.TombstoneNotWritten))
                {
                    IndexMerger.TryFindKey(core, core.State, key, hash, out IndexProbe probe, out _);
                    return core.State.Table.TryRemove(ref probe) ? writer.Sequence : 0;
                }
#endif
                return Append([tombstone]);
            }

            return core.State.Table.HasLeftOut ? Append([tombstone]) : 0;
        }
    }

    /// <summary>Appends a directory block of what is pending, so that the next open has nothing to walk. Under the
    /// write lock.</summary>
    public void AppendDirectory(SegmentAppender appender)
    {
        try
        {
            if (appender.TryAppendDirectory(ref writer.Sequence))
            {
                writer.Head.PublishDirectory(new RecordLocation(appender.Segment.Id, appender.Segment.DirectoryOffset));
            }
        }
        catch (IOException e)
        {
            // The records stand; a longer walk at the next open is all it costs. Tried again with the next append.
            core.Log.HintFailed("A directory block", e);
        }
    }

    /// <summary>Seals what an unclean stop left open. Under the write lock. What cannot be sealed now is tried
    /// again.</summary>
    public void SealLeftOvers()
    {
        foreach (UnsealedSegment left in writer.Unsealed.ToArray())
        {
            SegmentAppender appender = SegmentAppender.Reopen(core.Directory, core.Identity.StoreId, left.Segment,
                left.Builder);
            try
            {
                // Also where no footer fits: the next open may trust all that is durable by then, and what a power cut
                // tore in the midst of it must not be a record any more.
                appender.FillGaps(left.Gaps);
                if (appender.Fits([]))
                {
                    appender.Seal(ref writer.Sequence, entry => HourOf(left.Segment, entry));
                }

                left.Segment.IsSealed = true;
                writer.UnsyncedSealed.Add(appender);
                writer.Unsealed.Remove(left);
                writer.SegmentsChanged = true;
            }
            catch (IOException e)
            {
                // Not sealed, but what is in it is for the next flush to sync all the same.
                writer.UnsyncedSealed.Add(appender);
                core.Log.HintFailed(left.Segment.Name, e);
            }
        }

        if (writer.Appender is null)
        {
            // The last segment has grown by its footer. A HEAD that does not know would make the next open take a clean
            // close for a kill.
            PublishHead(writer.Committed(core.State.Segments));
        }
    }

    /// <summary>Tells followers how far the writer has got. Under the write lock.</summary>
    public void PublishHead(RecordLocation committed)
    {
        try
        {
            writer.Head.Publish(committed);
        }
        catch (IOException e)
        {
            // Where HEAD is written by a call, that can fail on a full disk. The records stand; followers see them
            // late.
            core.Log.HintFailed(StoreFileNames.Head, e);
        }
    }

    /// <summary>Throws if the store is closed or poisoned. Under the write lock.</summary>
    public void ThrowIfRefused()
    {
        Throw.IfClosed(writer.IsClosed);
        if (writer.Poison is { } poison)
        {
            throw poison;
        }
    }

    private void EnsureRoom(ReadOnlySpan<PreparedRecord> records)
    {
        if (writer.Appender is { } active && active.Fits(records))
        {
            return;
        }

        SealLeftOvers();
        BeginSegment(_reserve.CapacityFor(records));
    }

    /// <summary>Begins another segment to append to, and seals the one before. Under the write lock.</summary>
    /// <param name="capacity">How large it may become.</param>
    public void BeginSegment(long capacity)
    {
        SegmentMap segments = core.State.Segments;
        Segment segment = new(core.Directory, core.Identity, core.Residency,
            writer.TakeSegmentNumber(core.Directory.FullPath));
        SegmentAppender next = SegmentAppender.Create(
            core.Directory, core.Identity, segment, capacity,
                core.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds());
        // The new segment stands before the old one is sealed: if sealing fails, the old one is simply left over.
        SchedulePoint.Reach("roll.created");
        SegmentAppender? old = writer.Appender;
        writer.Appender = next;
        core.State = core.State with { Segments = segments.With(segment) };
        writer.SegmentsChanged = true;
        if (old is not null)
        {
            Seal(old);
        }

        SchedulePoint.Reach("roll.sealed");
        writer.Head.NextGeneration();
        PublishHead(new RecordLocation(segment.Id, segment.CommittedEnd));
        SchedulePoint.Reach("roll.told");
    }

    /// <summary>Makes a complete segment the last one: what is put next goes into a new one. Under the write
    /// lock.</summary>
    public void PublishSealed(Segment segment)
    {
        SealActive();
        core.State = core.State with { Segments = core.State.Segments.With(segment) };
        // Counts as something written, so that the close says what it left.
        writer.Sequence++;
        writer.SegmentsChanged = true;
        // In this order: a follower that sees the number has seen the segment.
        PublishHead(writer.Committed(core.State.Segments));
        writer.Head.NextGeneration();
    }

    /// <summary>Seals the active segment if there is one; the next put begins another. Under the write lock.</summary>
    public void SealActive()
    {
        if (writer.Appender is { } active)
        {
            writer.Appender = null;
            Seal(active);
            PublishHead(new RecordLocation(active.Segment.Id, active.End));
        }
    }

    private void Seal(SegmentAppender old)
    {
        try
        {
            old.Seal(ref writer.Sequence, entry => HourOf(old.Segment, entry));
            writer.UnsyncedSealed.Add(old);
        }
        catch (IOException e)
        {
            core.Log.HintFailed(old.Segment.Name, e);
            writer.UnsyncedSealed.Add(old);
            writer.Unsealed.Add(new UnsealedSegment(old.Segment, old.Directory, []));
        }
    }

    /// <summary>Leads the index to a record just appended, and takes what it supersedes out of the counts.</summary>
    private void Publish(Segment segment, PreparedRecord record)
    {
        record.IsPublished = true;
        StoreState state = core.State;
        RecordLocation location = new(segment.Id, record.Offset);
        bool isPut = record.Kind == RecordKind.Artifact;
        bool known = IndexMerger.TryFindKey(
            core, state, record.Key, record.Hash, out IndexProbe probe, out RecordHeader old,
            out UnreadableException? refusal);
        if (known)
        {
            Supersede(state, probe, record.Key, old);
        }
        else if (refusal is not null)
        {
            // It could be read before the append.
            IndexMerger.DropUnclear(core, record.Key, record.Hash);
        }

        if (isPut || recovery.Merger is not null)
        {
            if (known)
            {
                IndexTable.Replace(ref probe, location, (ushort)record.Hour);
            }
            else
            {
                state.Table.Insert(record.Hash, location, (ushort)record.Hour, core);
            }
        }
        else if (known)
        {
            state.Table.TryRemove(ref probe);
        }

        Published?.Invoke(record.Key);
        if (isPut)
        {
            segment.AddLive(record.RecordLength);
            core.Accounting.Add(
                1, record.PayloadCount, record.Loose.Files, record.Loose.Bytes, record.RecordLength);
        }
        else
        {
            recovery.Merger?.NoteTombstone(record.Hash, location);
        }
    }

    private void Supersede(StoreState state, in IndexProbe probe, in ArtifactKey key, in RecordHeader old)
    {
        if (old.Kind != RecordKind.Artifact
            || !state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment))
        {
            return;
        }

        segment.AddLive(-old.RecordLength);
        long offset = IndexWord.Offset(probe.Word);
        (int files, long bytes) = old.Flags.HasFlag(RecordFlags.Loose) ? LiveRecount.LooseOf(segment, offset) : default;
        core.Accounting.Add(-1, -old.Count, -files, -bytes, -old.RecordLength);
        if (files > 0)
        {
            SupersededFiles.Note(core, writer, segment, offset, key);
        }
    }

    /// <summary>The hour the index has for a record; now for one that is not live.</summary>
    private ushort HourOf(Segment segment, DirectoryEntry entry)
    {
        IndexProbe probe = core.State.Table.Probe(entry.Hash);
        RecordLocation location = new(segment.Id, entry.Offset);
        while (probe.MoveNext())
        {
            if (IndexWord.Location(probe.Word) == location)
            {
                return probe.Hour;
            }
        }

        return (ushort)core.Hour;
    }
}
