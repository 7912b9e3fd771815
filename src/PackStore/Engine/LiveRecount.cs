using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>
/// Counts what is live anew: every slot of the index leads to one live record. Reads one header for each artifact.
/// </summary>
/// <remarks>Counts without the write lock and publishes if nothing changed meanwhile; under steady puts the last try
/// counts under the lock, when the headers are in memory and the count is quick.</remarks>
internal static class LiveRecount
{
    private const int MaxUnlocked = 3;

    /// <summary>Counts and publishes.</summary>
    public static void Run(StoreCore core, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxUnlocked; attempt++)
        {
            long changes = core.Accounting.Changes;
            bool isWhole = Count(
                core, cancellationToken, out StoreCounters counted, out Dictionary<int, long> bySegment);
            lock (core.WriteLock)
            {
                if (core.Accounting.Changes == changes)
                {
                    Publish(core, counted, bySegment, isWhole);
                    return;
                }
            }
        }

        lock (core.WriteLock)
        {
            bool isWhole = Count(core, cancellationToken, out StoreCounters counters, out Dictionary<int, long> live);
            Publish(core, counters, live, isWhole);
        }
    }

    private static void Publish(StoreCore core, StoreCounters counters, Dictionary<int, long> live, bool isWhole)
    {
        core.Accounting.Set(counters, live.Values.Sum());
        foreach (Segment segment in core.State.Segments.All)
        {
            segment.SetLive(live.GetValueOrDefault(segment.Id));
        }

        // A header that could not be read just now belongs to a record that is live all the same: counted again next
        // time.
        core.Accounting.IsExact = isWhole;
    }

    /// <summary>Counts; false if a header could not be read just now, so that something is missing.</summary>
    private static bool Count(
        StoreCore core, CancellationToken cancellationToken, out StoreCounters counters, out Dictionary<int, long> live)
    {
        // Segments and index stay mapped meanwhile, also if the store is closed by another thread.
        EpochSlot slot = EpochGate.Slot;
        ulong token = EpochGate.Enter(slot);
        try
        {
            SchedulePoint.Reach("recount.entered");
            return CountInside(core, cancellationToken, out counters, out live);
        }
        finally
        {
            slot.Leave(token);
        }
    }

    private static bool CountInside(
        StoreCore core, CancellationToken cancellationToken, out StoreCounters counters, out Dictionary<int, long> live)
    {
        StoreState state = core.State;
        live = [];
        long artifacts = 0;
        long payloads = 0;
        long looseFiles = 0;
        long looseBytes = 0;
        bool isWhole = true;
        foreach ((ulong word, _) in state.Table.Enumerate())
        {
            if ((artifacts & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (!state.Segments.TryGet(IndexWord.SegmentId(word), out Segment? segment))
            {
                continue;
            }

            if (!RecordReader.TryReadHeader(
                    segment, IndexWord.Offset(word), out RecordHeader header, out string? problem)
                || header.Kind != RecordKind.Artifact)
            {
                isWhole &= problem != RecordReader.Unreadable;
                continue;
            }

            artifacts++;
            payloads += header.Count;
            live[segment.Id] = live.GetValueOrDefault(segment.Id) + header.RecordLength;
            if (header.Flags.HasFlag(RecordFlags.Loose))
            {
                (int files, long bytes) = LooseOf(segment, IndexWord.Offset(word));
                looseFiles += files;
                looseBytes += bytes;
            }
        }

        counters = new StoreCounters(artifacts, payloads, looseFiles, looseBytes);
        return isWhole;
    }

    /// <summary>Number and bytes of a record's loose payloads.</summary>
    public static (int Files, long Bytes) LooseOf(Segment segment, long offset)
    {
        if (!RecordReader.TryReadRecord(segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out _))
        {
            return default;
        }

        int files = 0;
        long bytes = 0;
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Loose)
            {
                files++;
                bytes += descriptor.StoredLength;
            }
        }

        return (files, bytes);
    }
}
