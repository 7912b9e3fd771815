using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Segments;
using PackStore.Storage;

namespace PackStore.Repair;

/// <summary>Copies sound records out of damaged segments into new ones, sequence numbers included, and makes those
/// durable.</summary>
/// <remarks>A record keeps its sequence number, so it does not matter if a kill leaves it twice.</remarks>
internal sealed class SegmentSalvage(
    IStoreDirectory directory, StoreIdentity identity, TimeProvider clock, ulong sequence) : IDisposable
{
    private readonly ResidencyClock _residency = new();
    private SegmentAppender? _appender;
    private int _lastId =
        StoreOpener.NextSegmentId(directory, CheckpointStore.TryRead(directory, identity.StoreId, [])) - 1;
    private ulong _sequence = sequence;

    /// <summary>Copies records of one segment.</summary>
    public void Copy(int segmentId, IReadOnlyList<DirectoryEntry> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return;
        }

        string name = StoreFileNames.Segment(segmentId);
        using IStoreFile source = directory.TryOpen(name, writable: false)
            ?? throw new CorruptStoreException(name, 0, "nothing", "the segment that was there a moment ago");
        foreach (DirectoryEntry record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SegmentAppender appender = Room(record);
            appender.AppendCopy(source, record);
            if (record.Kind == RecordKind.Artifact)
            {
                appender.Segment.AddLive(record.Length);
            }

            if (appender.IsDirectoryDue)
            {
                appender.TryAppendDirectory(ref _sequence);
            }
        }
    }

    /// <summary>Ends the last segment and makes all of them durable.</summary>
    public void Complete()
    {
        Seal();
        directory.SyncDirectory(StoreFileNames.Segments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_appender is { } left)
        {
            left.Segment.Close();
            left.Dispose();
        }
    }

    private SegmentAppender Room(in DirectoryEntry record)
    {
        if (_appender is { } current)
        {
            if (current.FitsCopy(record))
            {
                return current;
            }

            Seal();
        }

        // A store may have been written with another segment size than its usual one.
        long capacity = Math.Max(identity.SegmentSizeBytes, PackStoreOptions.MinSegmentSizeBytes);
        while (capacity < PackStoreOptions.MaxSegmentSizeBytes
            && SegmentAppender.MaxRecordLength(capacity) - FormatLimits.BlockAlignment < record.Length)
        {
            capacity *= 2;
        }

        capacity = Math.Min(capacity, PackStoreOptions.MaxSegmentSizeBytes);
        Segment segment = new(directory, identity, _residency, ++_lastId);
        _appender = SegmentAppender.Create(
            directory, identity, segment, capacity, clock.GetUtcNow().ToUnixTimeMilliseconds());
        return _appender;
    }

    private void Seal()
    {
        if (_appender is not { } appender)
        {
            return;
        }

        // When they were last used is not known any more: as of now, as after the loss of an index.
        int hour = identity.HourOf(clock.GetUtcNow());
        appender.Seal(ref _sequence, _ => (ushort)hour);
        appender.Sync();
        _appender = null;
        appender.Segment.Close();
        appender.Dispose();
    }
}
