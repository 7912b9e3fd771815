using System.Runtime.InteropServices;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Storage;

namespace PackStore.Segments;

/// <summary>
/// Appends to the active segment: reserves space in steps, writes records strictly in order behind the committed end,
/// lists them in directory blocks, and seals. All members under the write lock.
/// </summary>
/// <remarks>A write that fails leaves the committed end where it was; what is behind it is written again.</remarks>
internal sealed class SegmentAppender : IDisposable
{
    private const long MinStepBytes = 256 << 10;
    private const long MinGrowthBytes = 64 << 10;
    private const int StepShare = 16;
    private const long MaxStepBytes = 16 << 20;
    private readonly IStoreDirectory _directory;
    private readonly IStoreFile _file;
    private readonly long _capacity;
    private readonly Guid _storeId;
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly byte[] _paddingLine = new byte[RecordHeaderLayout.Size];
    private static readonly byte[] s_zeros = new byte[FormatLimits.BlockAlignment];
    private long _reserved;
    private SegmentHeader? _header;
    private long _footerOffset;

    private SegmentAppender(
        IStoreDirectory directory, Guid storeId, Segment segment, IStoreFile file, long capacity,
        DirectoryBuilder builder)
    {
        _directory = directory;
        _storeId = storeId;
        _file = file;
        _capacity = capacity;
        _reserved = file.Stat().Length;
        Segment = segment;
        Directory = builder;
    }

    /// <summary>The segment appended to.</summary>
    public Segment Segment { get; }

    /// <summary>What the next directory block will list.</summary>
    public DirectoryBuilder Directory { get; }

    /// <summary>Offset behind the last record.</summary>
    public long End => Segment.CommittedEnd;

    /// <summary>Bytes set aside behind the last record.</summary>
    public long ReservedBytes => _reserved - End;

    /// <summary>Where the records are expected to end: space is not reserved beyond it before they do.</summary>
    public long ExpectedEnd { get; init; } = long.MaxValue;

    /// <summary>Length of the file.</summary>
    public long FileLength => _reserved;

    /// <summary>The longest record that an empty segment of a capacity can take.</summary>
    public static long MaxRecordLength(long capacity) =>
        (capacity - SegmentHeaderLayout.Size - MaxFirstGap(capacity) - SegmentTrailerLayout.Size
            - DirectoryBlock.MeasureRecord(1, 1, 1)) & ~(long)(FormatLimits.RecordAlignment - 1);

    /// <summary>Makes a new segment with its header written. The caller publishes it.</summary>
    public static SegmentAppender Create(
        IStoreDirectory directory, StoreIdentity store, Segment segment, long capacity, long nowUnixMs,
        long expectedEnd = long.MaxValue)
    {
        IStoreFile file = directory.Create(segment.Name);
        try
        {
            // A map that cannot reach beyond the end of the file would never show what is appended later.
            long first = directory.MapsBeyondEnd
                ? Math.Min(capacity, Math.Min(MinStepBytes, Math.Max(expectedEnd, FormatLimits.BlockAlignment)))
                : capacity;
            SegmentSpace.Reserve(directory, file, 0, first, first);
            SegmentHeader header = new(segment.Id, store, capacity, nowUnixMs, directory.BootId);
            WriteHeader(file, header);
            segment.CommittedEnd = SegmentHeaderLayout.Size;
            segment.Attach(file, capacity);
            return new SegmentAppender(
                directory, store.StoreId, segment, file, capacity, new DirectoryBuilder(SegmentHeaderLayout.Size))
            {
                _header = header,
                ExpectedEnd = expectedEnd,
            };
        }
        catch
        {
            file.Dispose();
            directory.Delete(segment.Name);
            throw;
        }
    }

    /// <summary>Goes on with an open segment that was closed cleanly, or that is to be sealed, or only synced, after an
    /// unclean stop.</summary>
    public static SegmentAppender Reopen(IStoreDirectory directory, Guid storeId, Segment segment,
        DirectoryBuilder builder)
    {
        IStoreFile file = directory.TryOpen(segment.Name, writable: true)
            ?? throw new CorruptStoreException(segment.Name, 0, "nothing", "the active segment");
        return new SegmentAppender(directory, storeId, segment, file, segment.CapacityBytes, builder);
    }

    /// <summary>Whether records of these lengths, with footer and trailer behind them, still fit.</summary>
    public bool Fits(ReadOnlySpan<PreparedRecord> records) =>
        EndWith(records) + Directory.FooterBytes(records.Length) <= _capacity;

    /// <summary>Offset behind the last record once these are appended.</summary>
    public long EndWith(ReadOnlySpan<PreparedRecord> records)
    {
        long end = End;
        foreach (PreparedRecord record in records)
        {
            end += Gap(end, record.Phase) + record.RecordLength;
        }

        return end;
    }

    /// <summary>Appends records in one gathered write, gives them their offsets and sequence numbers, and moves the
    /// committed end.</summary>
    public void Append(ReadOnlySpan<PreparedRecord> records, ref ulong sequence)
    {
        ulong next = sequence;
        long end = End;
        _pieces.Clear();
        foreach (PreparedRecord record in records)
        {
            int gap = Gap(end, record.Phase);
            if (gap > 0)
            {
                AddPadding(gap);
                end += gap;
            }

            record.Offset = end;
            record.SetSequence(++next);
            _pieces.Add(record.Front);
            _pieces.AddRange(record.Rest);
            end += record.RecordLength;
        }

        Reserve(end);
        ulong given = sequence;
        // Taken before the write: whole records that a failed write leaves behind the end must not look newer than what
        // is put later.
        sequence = next;
        SchedulePoint.Reach("append.writing");
        WriteUnlessLate(End);
        SchedulePoint.Reach("append.written");
        Segment.CommittedEnd = end;
        SchedulePoint.Reach("append.committed");
        foreach (PreparedRecord record in records)
        {
            Directory.Add(new DirectoryEntry(
                record.Hash, ++given, record.Offset, record.RecordLength, record.Kind, record.Loose.Files > 0,
                    record.PayloadCount));
        }
    }

    /// <summary>Whether a record copied from elsewhere, with footer and trailer behind it, still fits.</summary>
    public bool FitsCopy(in DirectoryEntry record) =>
        PlaceOfCopy(End, record) + record.Length + Directory.FooterBytes(1) <= _capacity;

    /// <summary>Where a record copied from elsewhere would stand behind an end.</summary>
    public static long PlaceOfCopy(long end, in DirectoryEntry record) => end + Gap(end, PhaseOf(record));

    /// <summary>Appends a record of another segment as it is, sequence number included. Large ones keep their place
    /// within a block, so that their payloads stay aligned.</summary>
    public void AppendCopy(IStoreFile source, in DirectoryEntry record)
    {
        long end = End;
        int gap = Gap(end, PhaseOf(record));
        Reserve(end + gap + record.Length);
        if (gap > 0)
        {
            _pieces.Clear();
            AddPadding(gap);
            WritePieces(end);
            end += gap;
        }

        _file.CopyFrom(source, record.Offset, end, record.Length);
        Segment.CommittedEnd = end + record.Length;
        Directory.Add(record with { Offset = end });
    }

    /// <summary>Appends records of other segments as they are, sequence numbers included, in one gathered write, and
    /// tells where they stand.</summary>
    public void AppendCopies(
        ReadOnlySpan<DirectoryEntry> records, ReadOnlySpan<ReadOnlyMemory<byte>> bytes, Span<long> offsets)
    {
        long end = End;
        _pieces.Clear();
        for (int i = 0; i < records.Length; i++)
        {
            int gap = Gap(end, PhaseOf(records[i]));
            if (gap > 0)
            {
                AddPadding(gap);
                end += gap;
            }

            offsets[i] = end;
            _pieces.Add(bytes[i]);
            end += records[i].Length;
        }

        Reserve(end);
        WritePieces(End);
        Segment.CommittedEnd = end;
        for (int i = 0; i < records.Length; i++)
        {
            Directory.Add(records[i] with { Offset = offsets[i] });
        }
    }

    /// <summary>Gives a sealed segment that nobody knows yet its number, in everything that has it. The caller syncs,
    /// then renames.</summary>
    public void TakeNumber(int id)
    {
        Segment.TakeNumber(id);
        _header = _header! with { SegmentId = id };
        WriteHeader(_file, _header);
        WriteTrailer();
    }

    /// <inheritdoc cref="IStoreFile.Advise"/>
    public void Advise(FileAdvice advice, long offset, long length) => _file.Advise(advice, offset, length);

    /// <summary>Whether enough records have come that a directory block is due.</summary>
    public bool IsDirectoryDue => Directory.Pending.Length >= FormatLimits.RecordsPerDirectory;

    /// <summary>Appends a directory block of everything pending, unless there would be no room for the footer behind
    /// it.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryAppendDirectory(ref ulong sequence)
    {
        if (End + Directory.BlockAndFooterBytes() > _capacity)
        {
            return false;
        }

        AppendBlock(Directory.Build(End, null, null, null), ref sequence);
        return true;
    }

    /// <summary>Appends the footer, writes the trailer, and marks the segment sealed.</summary>
    public void Seal(ref ulong sequence, Func<DirectoryEntry, ushort> recency)
    {
        long footer = End;
        AppendBlock(Directory.Build(footer, Segment.LiveBytes, recency, Segment), ref sequence);
        long length = Math.Max(_reserved, FormatLimits.AlignRecord(End) + SegmentTrailerLayout.Size);
        Reserve(length);
        _footerOffset = footer;
        WriteTrailer();
        Segment.IsSealed = true;
    }

    /// <summary>Puts padding where a power cut left no record, so that the segment reads as one run of
    /// records.</summary>
    public void FillGaps(IReadOnlyList<(long From, long To)> gaps)
    {
        foreach ((long from, long to) in gaps)
        {
            new RecordHeader(RecordKind.Padding, 0, RecordFlags.None, (int)(to - from), 0, 0, 0).Write(_paddingLine,
                []);
            _file.Write(from, _paddingLine);
        }
    }

    /// <summary>Makes everything written so far durable.</summary>
    public void Sync() => _file.Sync();

    /// <summary>Closes this writer's descriptor if the segment does not own it.</summary>
    public void Dispose()
    {
        if (!ReferenceEquals(Segment.File, _file))
        {
            _file.Dispose();
        }
    }

    /// <summary>Room for the padding before a block-aligned payload; a small segment cannot hold one.</summary>
    private static int MaxFirstGap(long capacity) =>
        capacity > FormatLimits.BlockAlignedFrom ? FormatLimits.BlockAlignment : 0;

    private static int Gap(long end, int phase) =>
        phase < 0 ? 0 : (int)((phase - end) & (FormatLimits.BlockAlignment - 1));

    // A copy that was encoded anew says what place within a block it needs, or -1.
    private static int PhaseOf(in DirectoryEntry record) =>
        record.Length < FormatLimits.BlockAlignedFrom || record.Offset < 0
            ? -1 : (int)(record.Offset & (FormatLimits.BlockAlignment - 1));

    private static void WriteHeader(IStoreFile file, SegmentHeader header)
    {
        byte[] front = new byte[SegmentHeaderLayout.Size];
        header.Write(front);
        file.Write(0, front);
    }

    private void WriteTrailer()
    {
        byte[] trailer = new byte[SegmentTrailerLayout.Size];
        new SegmentTrailer(_storeId, Segment.Id, _footerOffset, End).Write(trailer);
        _file.Write(_reserved - SegmentTrailerLayout.Size, trailer);
    }

    private void AddPadding(int gap)
    {
        // One line serves all: paddings of one batch are written from their own copies.
        byte[] line = _pieces.Count == 0 ? _paddingLine : new byte[RecordHeaderLayout.Size];
        new RecordHeader(RecordKind.Padding, 0, RecordFlags.None, gap, 0, 0, 0).Write(line, []);
        _pieces.Add(line);
        if (gap > line.Length)
        {
            _pieces.Add(s_zeros.AsMemory(0, gap - line.Length));
        }
    }

    private void AppendBlock(byte[] record, ref ulong sequence)
    {
        long offset = End;
        RecordHeader.WriteSequence(record, sequence + 1);
        Reserve(offset + record.Length);
        _file.Write(offset, record);
        Segment.CommittedEnd = offset + record.Length;
        Segment.DirectoryOffset = offset;
        Directory.Commit(offset, record.Length);
        sequence++;
    }

#if PACKSTORE_PROOF
    // See PlantedBug.PublishBeforeWrite.
    private long _lateOffset = -1;

    /// <summary>Writes what a planted bug held back.</summary>
    public void WriteLate()
    {
        if (_lateOffset >= 0)
        {
            WritePieces(_lateOffset);
            _lateOffset = -1;
        }
    }

#endif
    private void WriteUnlessLate(long offset)
    {
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.PublishBeforeWrite))
        {
            _lateOffset = offset;
            return;
        }
#endif
        WritePieces(offset);
    }

    private void WritePieces(long offset)
    {
        if (_pieces.Count == 1)
        {
            _file.Write(offset, _pieces[0].Span);
        }
        else
        {
            _file.Write(offset, CollectionsMarshal.AsSpan(_pieces));
        }
    }

    private void Reserve(long end)
    {
        if (end > _capacity)
        {
            throw new InvalidOperationException($"{Segment.Name}: {end} bytes do not fit into {_capacity}.");
        }

        if (end > _reserved)
        {
            // A sixteenth of what is there: the slack that a crash or an early seal leaves stays small beside the data.
            long step = Math.Clamp(_reserved / StepShare, MinGrowthBytes, MaxStepBytes);
            long goal = Math.Min(_reserved + step, Math.Max(end, ExpectedEnd));
            long wanted = Math.Min(_capacity, Math.Max(end, goal) + 4095 & ~4095L);
            _reserved = SegmentSpace.Reserve(_directory, _file, _reserved, end, wanted);
        }
    }
}
