using PackStore.Engine.Opening;
using PackStore.Format;
using PackStore.Index;
using PackStore.Segments;

namespace PackStore.Engine.Writing;

/// <summary>Whether a key is there, for one who is about to remove it. Under the write lock.</summary>
internal static class KeyPresence
{
    /// <summary>Whether there is an artifact of a key.</summary>
    public static bool IsThere(StoreCore core, in ArtifactKey key, ulong hash)
    {
        StoreState state = core.State;
        if (state.Recovery is { } runs && runs.TryFindNewest(state, key, hash, out _, out bool removed))
        {
            return !removed;
        }

        return IndexMerger.TryFindKey(core, state, key, hash, out _, out RecordHeader header)
            && header.Kind == RecordKind.Artifact;
    }

    /// <summary>A record that cannot be read just now may be the one that was to be removed: "it was not there" would
    /// be a lie.</summary>
    public static void ThrowIfUnreadable(StoreCore core, ulong hash)
    {
        StoreState state = core.State;
        IndexProbe probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            if (state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment)
                && !segment.TryRead(IndexWord.Offset(probe.Word), RecordHeaderLayout.Size, out _))
            {
                throw new IOException($"{segment.Name}: a record that may be the one to remove cannot be read.");
            }
        }
    }
}
