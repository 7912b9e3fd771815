using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Loose files of records that newer ones have replaced: noted, and asked for before they go. Under the write
/// lock.</summary>
internal static class SupersededFiles
{
    /// <summary>Notes the loose files of a record: they go when what supersedes it is durable.</summary>
    public static void Note(StoreCore core, WriterState writer, Segment segment, long offset, in ArtifactKey key)
    {
        if (!RecordReader.TryReadRecord(
            segment, offset, out RecordHeader header, out ReadOnlySpan<byte> bytesOf, out _))
        {
            return;
        }

        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(bytesOf, header.KeyLength, i);
            if (descriptor.Tier == PayloadTier.Loose)
            {
                writer.SupersededLoose.Enqueue(
                    (writer.Sequence, key, i, descriptor.Place, descriptor.StoredLength));
                writer.SupersededLooseBytes += descriptor.StoredLength;
                // Until it is durable: a recovery may bring the older record back.
                core.Loose.Claims.Add(StoreFileNames.LooseFile(key.Bytes, i, descriptor.Place));
#if PACKSTORE_PROOF
                if (Proof.PlantedBugs.Has(Proof.PlantedBug.LooseDeletedEarly))
                {
                    core.Loose.Delete(StoreFileNames.LooseFile(key.Bytes, i, descriptor.Place));
                }
#endif
            }
        }
    }
}
