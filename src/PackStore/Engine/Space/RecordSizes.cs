using System.Buffers;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Space;

/// <summary>
/// Finds out how long the records of eviction candidates are, from the directory blocks of their segments: 24 bytes a
/// record that lie together, instead of a line of each record.
/// </summary>
/// <remarks>A record that no block lists yet, at most some thousand a segment, or whose block is damaged, and one with
/// loose files, whose lengths only it knows, is asked itself. Inside an epoch section.</remarks>
internal sealed class RecordSizes(StoreState state, EvictionCandidates candidates, CancellationToken cancellationToken)
{
    /// <summary>Describes all candidates.</summary>
    public void Fill()
    {
        for (int i = 0; i < candidates.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int id = candidates.SegmentOf(i);
            int end = candidates.LowerBound(i, id + 1, 0);
            if (state.Segments.TryGet(id, out Segment? segment))
            {
                FillSegment(segment, i, end);
            }

            i = end;
        }
    }

    private void FillSegment(Segment segment, int from, int to)
    {
        if (segment.DirectoryOffset > 0
            && TryReadBlock(segment, segment.DirectoryOffset, out DirectoryBlock last))
        {
            for (int b = 0; b < last.ContentsCount && from < to; b++)
            {
                if (TryReadBlock(segment, last.Contents(b).Offset, out DirectoryBlock block))
                {
                    from = FillBlock(segment, block, from, to);
                }
            }

            from = FillBlock(segment, last, from, to);
        }

        for (; from < to; from++)
        {
            FillFromRecord(segment, from);
        }
    }

    private static bool TryReadBlock(Segment segment, long offset, out DirectoryBlock block)
    {
        block = default;
        return RecordReader.TryReadRecord(
                segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out _)
            && DirectoryBlock.TryRead(record, header, out block, out _);
    }

    /// <summary>Describes the candidates before the end of a block; gives the first behind it.</summary>
    private int FillBlock(Segment segment, in DirectoryBlock block, int from, int to)
    {
        while (from < to && candidates.OffsetOf(from) < block.CoveredFrom)
        {
            FillFromRecord(segment, from++);
        }

        int end = Math.Min(to, candidates.LowerBound(from, segment.Id, block.CoveredTo));
        if (from == end)
        {
            return from;
        }

        // Line and number of each entry in one word: sorted, they are in the order of the candidates.
        long[] places = ArrayPool<long>.Shared.Rent(Math.Max(1, block.Count));
        try
        {
            for (int i = 0; i < block.Count; i++)
            {
                places[i] = (block[i].Offset << 26) | (uint)i;
            }

            Span<long> sorted = places.AsSpan(0, block.Count);
            sorted.Sort();
            int at = 0;
            for (; from < end; from++)
            {
                long offset = candidates.OffsetOf(from);
                while (at < sorted.Length && sorted[at] >> 26 < offset)
                {
                    at++;
                }

                if (at < sorted.Length && sorted[at] >> 26 == offset)
                {
                    FillFromEntry(segment, from, block[(int)sorted[at] & ((1 << 26) - 1)]);
                }
                else
                {
                    FillFromRecord(segment, from);
                }
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(places);
        }

        return from;
    }

    private void FillFromEntry(Segment segment, int index, in DirectoryEntry entry)
    {
        if (entry.Kind != RecordKind.Artifact || entry.HasLoose || entry.PayloadCount >= DirectoryBlock.ManyPayloads)
        {
            FillFromRecord(segment, index);
            return;
        }

        candidates.Describe(index, entry.Length, entry.PayloadCount, default);
    }

    private void FillFromRecord(Segment segment, int index)
    {
        long offset = candidates.OffsetOf(index);
        if (RecordReader.TryReadHeader(segment, offset, out RecordHeader header, out _)
            && header.Kind == RecordKind.Artifact)
        {
            (int Files, long Bytes) loose = header.Flags.HasFlag(RecordFlags.Loose)
                ? LiveRecount.LooseOf(segment, offset)
                : default;
            candidates.Describe(index, header.RecordLength, header.Count, loose);
        }
    }
}
