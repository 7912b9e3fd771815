using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Whether a key is there, for one who is about to change it. Under the write lock.</summary>
internal static class KeyPresence
{
    /// <summary>Whether there is an artifact of a key. Throws if that cannot be told just now: "it was not there" would
    /// be a lie.</summary>
    public static bool IsThere(StoreCore core, in ArtifactKey key, ulong hash)
    {
        StoreState state = core.State;
        if (state.Recovery is { } runs && runs.TryFindNewest(state, key, hash, out _, out bool removed))
        {
            return !removed;
        }

        bool isKnown = IndexMerger.TryFindKey(
            core, state, key, hash, out _, out RecordHeader header, out UnreadableException? refusal);
        return refusal is not null ? throw refusal : isKnown && header.Kind == RecordKind.Artifact;
    }

    /// <summary>Where an older record of a key may be in the index, and cannot be read, no newer one goes in: lookups
    /// might take either, and a removal would find one.</summary>
    public static void ThrowIfUnclear(StoreCore core, IndexMerger? merger, ReadOnlySpan<PreparedRecord> records)
    {
        StoreState state = core.State;
        foreach (PreparedRecord record in records)
        {
            // A new key has no candidate, as a rule: then nothing more is asked.
            if (state.Table.Probe(record.Hash).MoveNext()
                && !IndexMerger.TryFindKey(
                    core, state, record.Key, record.Hash, out _, out _, out UnreadableException? refusal)
                && refusal is not null)
            {
                throw refusal;
            }

            if (merger?.HasLeft(record.Hash) == true)
            {
                throw new IOException(
                    $"{core.Directory.FullPath}: an older record of {record.Key} could not be read when the store "
                    + "was opened; open it again.");
            }
        }
    }
}
