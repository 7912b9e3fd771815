using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Space;

/// <summary>
/// Finds out how long the records of eviction candidates are, from the directory blocks of their segments: 24 bytes a
/// record that lie together, instead of a line of each record.
/// </summary>
/// <remarks>A record that no block lists yet, at most some thousand a segment, or whose block is damaged, and one with
/// loose files, whose lengths only it knows, is asked itself. Inside an epoch section. What goes over all entries is
/// compiled in full at once: docs/decisions/20261126-bulk-passes.md.</remarks>
internal sealed class RecordSizes(StoreState state, EvictionCandidates candidates, CancellationToken cancellationToken)
{
    private readonly KeyedSorter _sorter = new();

    // Of the block at hand: lines of its entries in order, and their numbers in the block.
    private ulong[] _lines = [];
    private long[] _entries = [];

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

        SortEntries(block);
        Match(segment, block, from, end);
        return end;
    }

    /// <summary>Puts a block's entries, which are in the order of their hashes, into that of the candidates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SortEntries(in DirectoryBlock block)
    {
        ReadOnlySpan<uint> places = block.Places;
        if (_lines.Length < places.Length)
        {
            _lines = new ulong[places.Length];
            _entries = new long[places.Length];
        }

        Span<ulong> lines = _lines;
        Span<long> entries = _entries;
        for (int i = 0; i < places.Length; i++)
        {
            lines[i] = DirectoryPlace.Line(places[i]);
            entries[i] = i;
        }

        _sorter.Sort(ref _lines, ref _entries, places.Length, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Match(Segment segment, in DirectoryBlock block, int from, int to)
    {
        ReadOnlySpan<uint> places = block.Places;
        ReadOnlySpan<int> lengths = block.Lengths;
        ReadOnlySpan<ulong> lines = _lines.AsSpan(0, places.Length);
        ReadOnlySpan<long> entries = _entries.AsSpan(0, places.Length);
        int at = 0;
        for (int i = from; i < to; i++)
        {
            ulong line = candidates.LineOf(i);
            while (at < lines.Length && lines[at] < line)
            {
                at++;
            }

            if (at < lines.Length && lines[at] == line)
            {
                int entry = (int)entries[at];
                uint place = places[entry];
                int payloads = DirectoryPlace.PayloadCount(place);
                if (DirectoryPlace.Kind(place) == RecordKind.Artifact && !DirectoryPlace.HasLoose(place)
                    && payloads < DirectoryBlock.ManyPayloads)
                {
                    candidates.Describe(i, lengths[entry], payloads);
                    continue;
                }
            }

            FillFromRecord(segment, i);
        }
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
            candidates.Describe(index, header.RecordLength, header.Count);
            candidates.DescribeLoose(index, loose.Files, loose.Bytes);
        }
    }
}
