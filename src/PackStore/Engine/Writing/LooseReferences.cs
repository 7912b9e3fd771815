using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Whether a record of the index may name a loose file, for one who is about to remove it.</summary>
internal static class LooseReferences
{
    /// <summary>False only if it is certain that none does: a record that is damaged, or cannot be read just now, may.
    /// Under the write lock, or, where a false "false" does no harm, inside an epoch section.</summary>
    public static bool MayName(StoreCore core, in ArtifactKey key, int index, uint generation)
    {
        StoreState state = core.State;
        IndexProbe probe = state.Table.Probe(core.HashOf(key));
        while (probe.MoveNext())
        {
            if (!state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment))
            {
                // From before its segment was copied away.
                continue;
            }

            if (!RecordReader.TryReadRecord(
                    segment, IndexWord.Offset(probe.Word), out RecordHeader header, out ReadOnlySpan<byte> record,
                    out _)
                || RecordReader.FindProblem(record, header, payloads: false, out _) is not null)
            {
                return true;
            }

            if (header.Kind == RecordKind.Artifact && index < header.DescriptorCount
                && RecordBody.ReadKey(record, header.KeyLength) == key
                && RecordBody.ReadDescriptor(record, header.KeyLength, index) is { Tier: PayloadTier.Loose } payload
                && payload.Place == generation)
            {
                return true;
            }
        }

        return false;
    }
}
