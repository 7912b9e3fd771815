using PackStore.Compaction.Rewriting;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Payloads;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Compaction;

/// <summary>
/// Rewrites some segments: copies what they have to leave behind into segments of copies, publishes each of those when
/// it is full or nothing is left, and then retires what was copied whole.
/// </summary>
/// <remarks>Stopped at any moment it has lost nothing but the segment it was writing. In a dry run it counts and
/// changes nothing.</remarks>
internal sealed class CompactionJob : IDisposable
{
    /// <summary>Left free beside what a copy needs, for checkpoints and the segment that puts go on in.</summary>
    private const long SpareBytes = 64 << 10;

    private readonly StoreCore _core;
    private readonly Segment? _active;
    private readonly SegmentExchange? _exchange;
    private readonly SegmentReaper? _reaper;
    private readonly SegmentDirectories _directories;
    private readonly CompactionThrottle _throttle;
    private readonly RecordRewriter _rewriter;
    private readonly RecordRelocator _relocator;
    private readonly long _capacity;
    private readonly List<Victim> _copied = [];
    private OutputLayout _layout;
    private OutputSegment? _output;
    private bool _isListing;

    /// <summary>Prepares one.</summary>
    /// <param name="core">The store.</param>
    /// <param name="exchange">What puts copies into place; null for a dry run.</param>
    /// <param name="active">The segment that was appended to when the victims were chosen.</param>
    /// <param name="throttle">How fast.</param>
    /// <param name="policy">Which payloads are stored in another way in the copies.</param>
    /// <param name="encoder">What compresses them; null where nothing is compressed.</param>
    public CompactionJob(
        StoreCore core, SegmentExchange? exchange, Segment? active, CompactionThrottle throttle, RewritePolicy policy,
        PayloadEncoder? encoder)
    {
        _core = core;
        _exchange = exchange;
        _active = active;
        _reaper = exchange is null ? null : new SegmentReaper(core, exchange);
        _directories = new SegmentDirectories(core);
        _throttle = throttle;
        _capacity = core.Options.SegmentSizeBytes ?? core.Identity.SegmentSizeBytes;
        _rewriter = new RecordRewriter(core, policy, encoder, Tally, SegmentAppender.MaxRecordLength(_capacity));
        _relocator = new RecordRelocator(core, throttle, Tally, _rewriter);
        _layout = new OutputLayout(_capacity);
    }

    /// <summary>What was done.</summary>
    public CompactionTally Tally { get; } = new();

    /// <summary>What removes orphaned files behind the segments; none by default.</summary>
    public LooseSweeper? Sweeper { get; init; }

    /// <summary>Told after each victim.</summary>
    public Action<Victim>? Passed { get; init; }

    /// <summary>Rewrites them, in this order.</summary>
    public void Run(IReadOnlyList<Victim> victims)
    {
        _reaper?.SweepTemporaries();

        foreach (Victim victim in victims)
        {
            _throttle.Token.ThrowIfCancellationRequested();
            try
            {
                BeginListing();
                Take(victim);
            }
            catch (VictimUnreadableException e)
            {
                // What was copied of it so far is published; the rest stays where it is.
                _core.Log.Damaged(victim.Segment.Name, 0, e.Message);
                Tally.Skipped++;
                victim.IsAbandoned = true;
            }

            Passed?.Invoke(victim);
        }

        Finish();
        Sweeper?.Run();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output?.Dispose();
        EndListing();
    }

    // Snapshots wait from the listing of a victim until nothing that was listed is unpublished.
    private void BeginListing()
    {
        if (_output is null)
        {
            EndListing();
        }

        if (!_isListing)
        {
            _exchange?.BeginListing();
            _isListing = true;
        }
    }

    private void EndListing()
    {
        if (_isListing)
        {
            _isListing = false;
            _exchange?.EndListing();
        }
    }

    private void Take(Victim victim)
    {
        VictimContents contents = Load(victim);
        if (!HasRoomFor(contents))
        {
            Tally.Skipped++;
            return;
        }

        Tally.DroppedTombstones += contents.DroppedTombstones;
        _rewriter.Begin(_capacity, contents.LiveBytes);
        using IStoreFile? file = _exchange is null ? null : Open(victim);
        Copy(victim, file, contents.Live, CopyKind.Verbatim);
        Copy(victim, file, contents.Tombstones, CopyKind.Verbatim);
        Copy(victim, file, contents.Hidden, CopyKind.Tombstone);
        Tally.KeptTombstones += contents.Tombstones.Length + contents.Hidden.Length;
        Tally.Records += contents.Live.Length;
        _copied.Add(victim);
    }

    private VictimContents Load(Victim victim)
    {
        try
        {
            VictimContents contents = VictimContents.Of(_core, _active, _directories, victim.Segment);
            if (contents.IsDamaged)
            {
                victim.IsDamaged = true;
                Tally.Damage.Add(new VerifyFinding(
                    VerifyFindingKind.Directory, victim.Segment.Name, victim.Segment.DirectoryOffset, 0, null,
                    "a directory block is damaged; the records were walked"));
            }

            if (victim.Segment.HeaderProblem is { } problem)
            {
                victim.IsDamaged = true;
                Tally.Damage.Add(
                    new VerifyFinding(VerifyFindingKind.Segment, victim.Segment.Name, 0, 0, null, problem));
            }

            return contents;
        }
        catch (IOException e) when (e is not PackStoreException or UnreadableException)
        {
            throw new VictimUnreadableException(victim.Segment.Name, e);
        }
    }

    /// <summary>Where space is short, what was copied so far is published, so that its victims can go first.</summary>
    private bool HasRoomFor(VictimContents contents)
    {
        long needed = contents.LiveBytes + SpareBytes;
        if (_exchange is null || needed <= SpareBytes || _core.Directory.AvailableBytes() >= needed)
        {
            return true;
        }

        Finish();
        return _core.Directory.AvailableBytes() >= needed;
    }

    private IStoreFile Open(Victim victim)
    {
        try
        {
            // Mapped before anything in it moves: a reader that has looked it up just before it goes still gets there.
            IStoreFile? file = victim.Segment.TryOpen(out string problem)
                ? _core.Directory.TryOpen(victim.Segment.Name, writable: false)
                : throw new IOException(problem);
            file?.Advise(FileAdvice.ReadOnce, 0, victim.FileLength);
            return file ?? throw new IOException("absent");
        }
        catch (IOException e)
        {
            throw new VictimUnreadableException(victim.Segment.Name, e);
        }
    }

    private void Copy(Victim victim, IStoreFile? file, LiveRecord[] records, CopyKind kind)
    {
        for (int i = 0; i < records.Length;)
        {
            LiveRecord[] near = records[i..(i + RecordRelocator.CountNear(records, i))];
            if (file is null)
            {
                foreach (LiveRecord record in near)
                {
                    PlanCopy(kind == CopyKind.Verbatim
                        ? _rewriter.Plan(victim.Segment, record)
                        : record.AsCopied(kind));
                }
            }
            else
            {
                using CopyBatch batch = _relocator.Read(victim, file, near, kind);
                Write(victim, file, batch);
                _relocator.Done(file, near, kind, batch);
            }

            i += near.Length;
        }
    }

    private void PlanCopy(in DirectoryEntry copy)
    {
        if (!_layout.TryAdd(copy))
        {
            BeginWith(copy);
        }

        if (_layout.IsDirectoryDue)
        {
            _layout.AddDirectory();
        }
    }

    /// <summary>Appends copies, as many at a time as fit.</summary>
    private void Write(Victim victim, IStoreFile file, CopyBatch batch)
    {
        for (int i = 0; i < batch.Copies.Count; i++)
        {
            DirectoryEntry copy = batch.Copies[i].Entry;
            if (!_layout.TryAdd(copy))
            {
                Append(victim, file, batch.TakeTo(i));
                BeginWith(copy);
            }

            if (_layout.IsDirectoryDue)
            {
                Append(victim, file, batch.TakeTo(i + 1));
                _output!.AppendDirectory();
                _layout.AddDirectory();
            }
        }

        Append(victim, file, batch.TakeTo(batch.Copies.Count));
    }

    private void Append(Victim victim, IStoreFile file, ReadOnlySpan<RecordCopy> copies)
    {
        if (!copies.IsEmpty)
        {
            _output ??= new OutputSegment(_core, _layout.Capacity);
            _output.Append(victim.Segment.Id, file, copies);
        }
    }

    /// <summary>Publishes what there is, and begins another segment with a copy.</summary>
    private void BeginWith(in DirectoryEntry copy)
    {
        Finish();
        _layout = OutputLayout.For(_capacity, copy);
        _layout.TryAdd(copy);
    }

    /// <summary>Publishes what was copied and retires what was copied whole.</summary>
    private void Finish()
    {
        if (_exchange is null)
        {
            FinishDry();
            return;
        }

        if (_output is { Count: > 0 } output)
        {
            output.Publish(_exchange);
            Tally.WrittenBytes += output.FileLength;
            Tally.WrittenSegments++;
        }

        _output?.Dispose();
        _output = null;
        _layout = new OutputLayout(_capacity);
        if (_copied.Count == 0)
        {
            return;
        }

        foreach (Victim victim in _copied)
        {
            _exchange.Forget(victim.Segment);
            _exchange.BeginBehind(victim.Segment);
        }

        Victim[] copied = [.. _copied];
        _copied.Clear();
        IReadOnlyList<Victim> gone = _reaper!.Retire(copied, out long looseBytes);
        Tally.RemovedBytes += gone.Sum(static v => v.FileLength);
        Tally.RemovedSegments += gone.Count;
        Tally.RemovedLooseBytes += looseBytes;
    }

    private void FinishDry()
    {
        if (_layout.Count > 0)
        {
            Tally.WrittenBytes += _layout.FileLength;
            Tally.WrittenSegments++;
        }

        _layout = new OutputLayout(_capacity);
        Tally.RemovedBytes += _copied.Sum(static v => v.FileLength);
        Tally.RemovedSegments += _copied.Count;
        Tally.RemovedLooseBytes = Tally.FoldedInBytes;
        _copied.Clear();
    }
}
