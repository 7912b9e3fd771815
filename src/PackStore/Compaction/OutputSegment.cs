using System.Runtime.InteropServices;
using PackStore.Compaction.Rewriting;
using PackStore.Engine;
using PackStore.Engine.Writing;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

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

    // Loose files that only copies in here name, and bytes promised for what copies have more than their records.
    private readonly List<MovedFile> _created = [];
    private long _charged;
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

    /// <summary>Appends copies of records that stand in a segment, and answers for their loose files from then
    /// on.</summary>
    /// <param name="sourceId">The segment.</param>
    /// <param name="source">Its file.</param>
    /// <param name="copies">The copies.</param>
    public void Append(int sourceId, IStoreFile source, ReadOnlySpan<RecordCopy> copies)
    {
        foreach (RecordCopy copy in copies)
        {
            _created.AddRange(copy.Files?.Created ?? []);
            _charged += copy.Charged;
        }

        if (copies is [{ Bytes: null } verbatim])
        {
            _appender.AppendCopy(source, verbatim.Entry);
            Note(sourceId, verbatim, _appender.End - verbatim.Entry.Length);
            return;
        }

        DirectoryEntry[] entries = new DirectoryEntry[copies.Length];
        ReadOnlyMemory<byte>[] bytes = new ReadOnlyMemory<byte>[copies.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = copies[i].Entry;
            bytes[i] = copies[i].Bytes!.Value;
        }

        long[] offsets = new long[entries.Length];
        _appender.AppendCopies(entries, bytes, offsets);
        for (int i = 0; i < entries.Length; i++)
        {
            Note(sourceId, copies[i], offsets[i]);
        }
    }

    /// <summary>Appends the directory block that is due.</summary>
    public void AppendDirectory() => _appender.TryAppendDirectory(ref _blockSequence);

    /// <summary>Ends it, makes it durable, and puts it in the place of what was copied.</summary>
    public Segment Publish(SegmentExchange exchange)
    {
        _appender.Seal(ref _blockSequence, HourOf);
        if (_created.Count > 0)
        {
            // A copy that a crash leaves behind is as good as its record: with all its files.
            _core.Loose.Sync();
        }

        for (int i = 0; i < MaxTries; i++)
        {
            _appender.TakeNumber(exchange.ReserveNumber());
            // Before it is renamed: a file of that name is whole, whatever happens.
            _appender.Sync();
            if (exchange.TryPublish(_appender.Segment, _temporaryName, CollectionsMarshal.AsSpan(_moves)))
            {
                _isPublished = true;
                _core.Loose.Release?.Invoke(_charged);
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
        CopyBatch.GiveUp(_core, _created, _charged);
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

    private void Note(int sourceId, in RecordCopy copy, long offset)
    {
        DirectoryEntry record = copy.Source.Entry;
        _moves.Add(
            new RecordMove(
                record.Hash, new RecordLocation(sourceId, record.Offset), offset, copy.Entry.Length, record.Length,
                copy.Entry.Kind, copy.Source.Hour)
            {
                Files = copy.Files,
            });
    }

    /// <summary>What was used lately comes first and is wanted in memory. The rest was only read to be
    /// copied.</summary>
    private void ForgetCold()
    {
        int recent = _core.Hour - 1;
        int first = _moves.FindIndex(m => m.Hour < recent);
        if (first >= 0)
        {
            _appender.Advise(FileAdvice.NotNeeded, _moves[first].Offset, FileLength - _moves[first].Offset);
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
