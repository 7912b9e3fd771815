using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Index;
using PackStore.Proof;
using PackStore.Segments;

namespace PackStore.Engine;

/// <summary>
/// The hit, in one readable method: index line, record header, full key, checksums the first time, recency. No lock, no
/// allocation, and no system
/// call once the pages are resident.
/// </summary>
internal sealed class ReadPath(StoreCore core)
{
    private readonly bool _checkAlways = core.Options.Checksums == ChecksumPolicy.Always;
    private readonly bool _checkPayloads = core.Options.Checksums != ChecksumPolicy.Never;

    /// <summary>Called on a read-only attach when a use is first noted within an hour: hash and hour.</summary>
    public Action<ulong, int>? Used { get; init; }

    /// <summary>Called before a lookup of a read-only attach; see <see cref="Opening.TailFollower.Follow"/>.</summary>
    public Func<ulong>? Follow { get; init; }

    /// <summary>Whether something that the writer has published cannot be read just now, so that nothing is known to be
    /// the newest; see <see cref="Opening.TailFollower.IsBlind"/>.</summary>
    public Func<bool>? IsBlind { get; init; }

    /// <summary>Finds the artifact of a key. Inside an epoch section.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(scoped in ArtifactKey key, ulong hash, bool touch, out FoundRecord found)
    {
        StoreState state = core.State;
        return state.Recovery is null && Follow is null
            ? TryFindIndexed(state, key, hash, touch, out found)
            : TryFindSlow(key, hash, touch, out found);
    }

    /// <summary>The index's word for a hash in the steady state; see <see cref="HotProbe"/>. Inside an epoch
    /// section.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FindHot(StoreCore core, StoreState state, ulong hash)
    {
        ulong word = HotProbe.Find(state.Table, hash, core.Hour);
        return word == 0 ? HotProbe.FindChained(state.Table, hash, core.Hour) : word;
    }

    /// <summary>The record of a hit in its steady state, in as few instructions as it takes, so that the processor can
    /// overlap the cache misses of one lookup with those of the next: resident, and checked before, as the word says.
    /// Whether it is that of the key is for <see cref="RecordHeader.IsPlainDigest"/>. Has no side effect and does not
    /// throw; what is not this simple is for <see cref="TryFind"/>. Inside an epoch section, and only while the core is
    /// steady.</summary>
    /// <param name="core">The store.</param>
    /// <param name="state">Its state.</param>
    /// <param name="word">What <see cref="FindHot"/> found.</param>
    /// <returns>The record; nothing if it has to be looked up in full.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> ReadHot(StoreCore core, StoreState state, ulong word) =>
        state.Segments.ReadHot(word, core.Residency.Current);

    /// <summary>Finds the artifact of a key without looking at its payloads: the record that is found ends with the
    /// metadata, and a damaged one stays in the index. Inside an epoch section.</summary>
    public bool TryFindHead(scoped in ArtifactKey key, ulong hash, out FoundRecord found)
    {
        while (true)
        {
            ulong followed = Follow?.Invoke() ?? 0;
            StoreState state = core.State;
            if (state.Recovery is not null || IsBlind?.Invoke() == true)
            {
                return TryFindSlow(key, hash, touch: false, out found);
            }

            if (TryFindHeadIn(state, key, hash, out found))
            {
                return true;
            }

            if (IsNewest(state) && (Follow?.Invoke() ?? 0) == followed)
            {
                return false;
            }
        }
    }

    private static bool TryFindHeadIn(StoreState state, scoped in ArtifactKey key, ulong hash, out FoundRecord found)
    {
        found = default;
        IndexProbe probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            long offset = IndexWord.Offset(probe.Word);
            if (!state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment)
                || !RecordReader.TryReadHeader(segment, offset, out RecordHeader header, out _)
                || header.Kind != RecordKind.Artifact || header.KeyLength != key.Length)
            {
                continue;
            }

            long end = RecordBody.EndOffset(header.KeyLength, header.DescriptorCount, header.MetadataLength);
            if (segment.TryRead(offset, end, out ReadOnlySpan<byte> record)
                && RecordHeader.Matches(record, key.Padded, key.Length)
                && RecordBody.MatchesTail(record, key.Padded, key.Length)
                && RecordReader.FindProblem(record, header, payloads: false, out _) is null)
            {
                found = new FoundRecord
                {
                    State = state,
                    Segment = segment,
                    Offset = offset,
                    Record = record,
                    Hour = probe.Hour,
                };
                return true;
            }
        }

        return false;
    }

    /// <summary>First pass of a batch: fetches the index line.</summary>
    public void PrefetchBucket(ulong hash) => core.State.Table.Prefetch(hash);

    /// <summary>Second pass of a batch: fetches the record that the first candidate leads to.</summary>
    public void PrefetchRecord(ulong hash)
    {
        StoreState state = core.State;
        IndexProbe probe = state.Table.Probe(hash);
        if (probe.MoveNext() && state.Segments.TryGet(IndexWord.SegmentId(probe.Word), out Segment? segment))
        {
            segment.Prefetch(IndexWord.Offset(probe.Word));
        }
    }

    /// <summary>Whether a miss that a state gave is one: the index may have led to a segment that the state does not
    /// know yet, because it was begun, or a record was copied into it, since.</summary>
    private bool IsNewest(StoreState state) => ReferenceEquals(state, core.State);

    private bool TryFindIndexed(StoreState state, scoped in ArtifactKey key, ulong hash, bool touch,
        out FoundRecord found)
    {
        while (!TryFindIn(state, key, hash, touch, out found))
        {
            StoreState newest = core.State;
            if (ReferenceEquals(newest, state))
            {
                return false;
            }

            state = newest;
        }

        return true;
    }

    private bool TryFindIn(StoreState state, scoped in ArtifactKey key, ulong hash, bool touch, out FoundRecord found)
    {
        ReadOnlySpan<byte> padded = key.Padded;
        IndexProbe probe = state.Table.Probe(hash);
        while (probe.MoveNext())
        {
            ulong word = probe.Word;
            long offset = IndexWord.Offset(word);
            SchedulePoint.Reach("read.candidate");
            if (!state.Segments.TryGet(IndexWord.SegmentId(word), out Segment? segment)
                || !segment.TryRead(offset, RecordHeaderLayout.Size, out ReadOnlySpan<byte> line)
                || !IsKey(line, padded, key.Length))
            {
                continue;
            }

            SchedulePoint.Reach("read.header");

            int length = RecordHeader.ReadLength(line);
            if (!segment.TryRead(offset, length, out ReadOnlySpan<byte> record)
                || ((word & IndexWord.Verified) == 0 || _checkAlways) && !Check(state, ref probe, segment, offset))
            {
                continue;
            }

            SchedulePoint.Reach("read.checked");
            if (RecordHeader.ReadKind(line) != RecordKind.Artifact
                || !RecordBody.MatchesTail(record, padded, key.Length))
            {
                continue;
            }

            Unsafe.SkipInit(out found);
            found.State = state;
            found.Segment = segment;
            found.Offset = offset;
            found.Record = record;
            state.Segments.NoteMapped(segment);
            if (touch)
            {
                found.Hour = (ushort)core.Hour;
                if (probe.Touch(core.Hour))
                {
                    Used?.Invoke(hash, core.Hour);
                }
            }
            else
            {
                found.Hour = probe.Hour;
            }

            return true;
        }

        found = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryFindSlow(scoped in ArtifactKey key, ulong hash, bool touch, out FoundRecord found)
    {
        while (true)
        {
            ulong followed = Follow?.Invoke() ?? 0;
            SchedulePoint.Reach("read.followed");
            if (TryFindFollowed(key, hash, touch, out found))
            {
                return true;
            }

            // It may be in a segment that has vanished: what was published before that knows where it is now.
            if ((Follow?.Invoke() ?? 0) == followed)
            {
                return false;
            }
        }
    }

    private bool TryFindFollowed(scoped in ArtifactKey key, ulong hash, bool touch, out FoundRecord found)
    {
        found = default;
        StoreState state = core.State;
        RecordLocation location = default;
        bool removed = false;
        try
        {
            if (IsBlind?.Invoke() == true)
            {
                return false;
            }

            if (state.Recovery is not { } runs
                || !runs.TryFindNewest(state, key, hash, out location, out removed))
            {
                return TryFindIndexed(core.State, key, hash, touch, out found);
            }
        }
        catch (UnreadableException e)
        {
            core.Log.Ignored(e.File ?? "", e.Message);
            return false;
        }

        if (removed || !state.Segments.TryGet(location.SegmentId, out Segment? segment)
            || !RecordReader.TryReadRecord(segment, location.Offset, out RecordHeader header,
                out ReadOnlySpan<byte> record, out _)
            || RecordReader.FindProblem(record, header, _checkPayloads, out _) is not null)
        {
            return false;
        }

        found = new FoundRecord
        {
            State = state,
            Segment = segment,
            Offset = location.Offset,
            Record = record,
            Hour = (ushort)core.Hour,
        };
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsKey(ReadOnlySpan<byte> line, ReadOnlySpan<byte> padded, int length)
    {
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.KeyNotCompared))
        {
            return true;
        }
#endif
        return RecordHeader.Matches(line, padded, length);
    }

    /// <summary>Checks a record in full; one that fails is dropped from the index, counted and logged.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Check(StoreState state, ref IndexProbe probe, Segment segment, long offset)
    {
        bool readable = RecordReader.TryReadRecord(
            segment, offset, out RecordHeader header, out ReadOnlySpan<byte> record, out string? problem);
        bool payloads = _checkPayloads || offset >= segment.TrustedEnd;
        problem = readable ? RecordReader.FindProblem(record, header, payloads, out _) : problem;
        SchedulePoint.Reach("read.summed");
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.ChecksumSkipped))
        {
            problem = null;
        }
#endif
        if (problem is null)
        {
            probe.SetVerified();
            return true;
        }

        core.Metrics.Damaged();
        core.Log.Damaged(segment.Name, offset, problem);
        if (!core.IsReadOnly && problem != RecordReader.Unreadable && state.Table.TryRemove(ref probe))
        {
            // What the record held can no longer be told, so the counts are made anew from the directories.
            core.Accounting.IsExact = false;
        }

        return false;
    }
}
