using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>The directory blocks of a segment, found by the table of contents of the last one.</summary>
internal static class SegmentBlocks
{
    /// <summary>Reads where they stand; false if one is damaged. Throws if that cannot be told just now.</summary>
    public static bool TryRead(
        StoreCore core, Segment segment, ref ulong maxSequence, out List<(long Offset, int Count, long End)> blocks)
    {
        blocks = [];
        long at = segment.DirectoryOffset;
        if (!RecordReader.TryReadRecord(segment, at, out RecordHeader header, out ReadOnlySpan<byte> record,
            out string? problem)
            || !DirectoryBlock.TryRead(record, header, out DirectoryBlock block, out problem))
        {
            RecordReader.ThrowIfRefused(segment, at, header, problem);
            core.Log.Damaged(segment.Name, at, problem ?? "no directory block");
            return false;
        }

        for (int i = 0; i < block.ContentsCount; i++)
        {
            (long offset, int count) = block.Contents(i);
            if (!RecordReader.TryReadHeader(segment, offset, out RecordHeader earlier, out problem)
                || earlier.Kind != RecordKind.Directory)
            {
                RecordReader.ThrowIfRefused(segment, offset, earlier, problem);
                core.Log.Damaged(segment.Name, offset, "no directory block");
                return false;
            }

            blocks.Add((offset, count, offset + earlier.RecordLength));
        }

        blocks.Add((at, block.Count, at + header.RecordLength));
        maxSequence = Math.Max(maxSequence, Math.Max(block.MaxSequence, header.Sequence));
        return true;
    }
}
