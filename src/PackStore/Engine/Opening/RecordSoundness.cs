using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>Whether a record of which nothing is known yet may count. What cannot be told just now throws.</summary>
internal static class RecordSoundness
{
    /// <summary>Whether a record is sound to the last payload byte in its segment.</summary>
    /// <exception cref="UnreadableException">That cannot be told just now.</exception>
    public static bool IsSound(Segment segment, long offset)
    {
        if (RecordReader.TryReadRecord(
                segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out string? problem))
        {
            return RecordReader.FindProblem(record, header, payloads: true, out _) is null;
        }

        RecordReader.ThrowIfRefused(segment, offset, header, problem);
        return false;
    }

    /// <summary>Whether a record is sound, and its loose files are what it says.</summary>
    /// <exception cref="UnreadableException">That cannot be told just now.</exception>
    public static bool IsWhole(StoreCore core, Segment segment, long offset) =>
        IsSound(segment, offset) && HasLooseFiles(core, segment, offset);

    private static bool HasLooseFiles(StoreCore core, Segment segment, long offset)
    {
        if (!RecordReader.TryReadRecord(segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out _))
        {
            return false;
        }

        if (header.Kind != RecordKind.Artifact || (header.Flags & RecordFlags.Loose) == 0)
        {
            return true;
        }

        ArtifactKey key = RecordBody.ReadKey(record, header.KeyLength);
        for (int i = 0; i < header.DescriptorCount; i++)
        {
            PayloadDescriptor descriptor = RecordBody.ReadDescriptor(record, header.KeyLength, i);
            if (descriptor.Tier != PayloadTier.Loose)
            {
                continue;
            }

            if (core.Loose.TryOpen(key, i, descriptor, out bool isRefused) is not { } bytes)
            {
                return isRefused
                    ? throw new UnreadableException($"A loose file of {key} cannot be read just now.")
                    : false;
            }

            bytes.Release();
        }

        return true;
    }
}
