using System.Runtime.InteropServices;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Compaction;

/// <summary>A segment of copies while it is being written: a file without a number that nobody knows, until it is
/// complete and durable.</summary>
internal sealed class OutputSegment : IDisposable
{
    /// <summary>Tries to give it a number before a put that begins a segment each time has to wait for it.</summary>
    private const int MaxTries = 8;

    private readonly StoreCore _core;
    private readonly string _temporaryName;
    private readonly List<RecordMove> _moves = [];
    private readonly SegmentAppender _appender;
    private ulong _blockSequence;
    private bool _isPublished;

    public OutputSegment(StoreCore core, long capacity)
    {
        _core = core;
        _temporaryName = StoreFileNames.SegmentTemporary((ulong)Random.Shared.NextInt64());
        Segment segment = Segment.Unnumbered(core.Directory, core.Identity, core.Residency, _temporaryName);
        // No space is reserved beyond what is written: nothing will be appended to it later.
        _appender = SegmentAppender.Create(
            core.Directory, core.Identity, segment, capacity,
            core.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(), expectedEnd: 0);
    }

    /// <summary>Length of the file.</summary>
    public long FileLength => _appender.FileLength;

    /// <summary>Number of records.</summary>
    public int Count => _moves.Count;

    /// <summary>Appends copies of records that stand in a segment.</summary>
    /// <param name="sourceId">The segment.</param>
    /// <param name="records">The records, and when each was last used.</param>
    /// <param name="bytes">Their bytes, which were checked.</param>
    public void Append(int sourceId, ReadOnlySpan<LiveRecord> records, ReadOnlySpan<ReadOnlyMemory<byte>> bytes)
    {
        DirectoryEntry[] entries = new DirectoryEntry[records.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = records[i].Entry;
        }

        long[] offsets = new long[entries.Length];
        _appender.AppendCopies(entries, bytes, offsets);
        for (int i = 0; i < entries.Length; i++)
        {
            Note(sourceId, records[i], offsets[i]);
        }
    }

    /// <summary>Appends a copy of one long record, inside the kernel where that can be.</summary>
    public void Append(int sourceId, in LiveRecord record, Storage.IStoreFile source)
    {
        _appender.AppendCopy(source, record.Entry);
        Note(sourceId, record, _appender.End - record.Entry.Length);
    }

    /// <summary>Appends the directory block that is due.</summary>
    public void AppendDirectory() => _appender.TryAppendDirectory(ref _blockSequence);

    /// <summary>Ends it, makes it durable, and puts it in the place of what was copied.</summary>
    public Segment Publish(SegmentExchange exchange)
    {
        _appender.Seal(ref _blockSequence, HourOf);
        for (int i = 0; i < MaxTries; i++)
        {
            _appender.TakeNumber(exchange.ReserveNumber());
            // Before it is renamed: a file of that name is whole, whatever happens.
            _appender.Sync();
            if (exchange.TryPublish(_appender.Segment, _temporaryName, CollectionsMarshal.AsSpan(_moves)))
            {
                _isPublished = true;
                ForgetCold();
                return _appender.Segment;
            }
        }

        throw new IOException($"{_temporaryName}: segments begin faster than a number can be written.");
    }

    /// <summary>Closes the writer's descriptor; what was not published is removed.</summary>
    public void Dispose()
    {
        if (_isPublished)
        {
            _appender.Dispose();
            return;
        }

        _appender.Segment.Close();
        _appender.Dispose();
        try
        {
            _core.Directory.Delete(_temporaryName);
        }
        catch (IOException e)
        {
            // Swept by a later job.
            _core.Log.HintFailed(_temporaryName, e);
        }
    }

    private void Note(int sourceId, in LiveRecord record, long offset) => _moves.Add(
        new RecordMove(
            record.Entry.Hash, new RecordLocation(sourceId, record.Entry.Offset), offset, record.Entry.Length,
            record.Entry.Kind, record.Hour));

    /// <summary>What was used lately comes first and is wanted in memory. The rest was only read to be
    /// copied.</summary>
    private void ForgetCold()
    {
        int recent = _core.Hour - 1;
        int first = _moves.FindIndex(m => m.Hour < recent);
        if (first >= 0)
        {
            _appender.Advise(Storage.FileAdvice.NotNeeded, _moves[first].Offset, FileLength - _moves[first].Offset);
        }
    }

    /// <summary>The hour of a record of this segment, by its offset: moves are in that order.</summary>
    private ushort HourOf(DirectoryEntry entry)
    {
        int low = 0;
        int high = _moves.Count - 1;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (_moves[middle].Offset < entry.Offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return _moves[low].Hour;
    }
}
