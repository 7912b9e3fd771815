using PackStore.Format;
using PackStore.Segments;

namespace PackStore.Engine.Opening;

/// <summary>
/// Records that the index does not know yet: those that one directory block lists, or, where that block is damaged,
/// those found by walking.
/// </summary>
internal sealed class RecoveryRun(
    Segment segment, long from, long blockOffset, int count, int recencyFrom = 0, long notBefore = 0)
{
    private readonly Lock _lock = new();
    private DirectoryEntry[]? _walked;
    private bool _checked;

    /// <summary>The segment.</summary>
    public Segment Segment => segment;

    /// <summary>What stands before this offset is settled by the snapshot: in it, superseded, or evicted.</summary>
    public long NotBefore => notBefore;

    /// <summary>Number of records, as far as is known.</summary>
    public int Count => _walked?.Length ?? count;

    /// <summary>Whether its directory block was found damaged; known once it was looked at.</summary>
    public bool IsDamaged => blockOffset > 0 && Volatile.Read(ref _walked) is not null;

    /// <summary>A run of records found by walking.</summary>
    public static RecoveryRun OfWalked(Segment segment, DirectoryEntry[] entries)
    {
        Array.Sort(entries, static (a, b) =>
            a.Hash.CompareTo(b.Hash) is var c && c != 0 ? c : a.Sequence.CompareTo(b.Sequence));
        return new RecoveryRun(segment, 0, 0, entries.Length) { _walked = entries };
    }

    /// <summary>Walks records from an offset to the next block, collecting artifacts and tombstones.</summary>
    /// <param name="core">The store.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="from">Where to start.</param>
    /// <param name="to">Where to end.</param>
    /// <param name="resynchronise">Whether to look on behind damage.</param>
    /// <param name="unreadable">Whether bytes were not there, so that records may be missing.</param>
    public static List<DirectoryEntry> Walk(
        StoreCore core, Segment segment, long from, long to, bool resynchronise, out bool unreadable)
    {
        unreadable = false;
        List<DirectoryEntry> entries = [];
        SegmentScanner scanner = new(segment, from, to);
        while (scanner.MoveNext(resynchronise))
        {
            if (TryDescribe(core, segment, scanner.Offset, scanner.Header, out DirectoryEntry entry))
            {
                entries.Add(entry);
            }
            else if (scanner.Header.Kind is RecordKind.Artifact or RecordKind.Tombstone)
            {
                RecordReader.ThrowIfKeyRefused(segment, scanner.Offset);
                unreadable = true;
            }
        }

        unreadable |= scanner.WasUnreadable;
        return entries;
    }

    /// <summary>What a directory block would say of a record; false for records that none lists.</summary>
    public static bool TryDescribe(
        StoreCore core, Segment segment, long offset, in RecordHeader header, out DirectoryEntry entry)
    {
        entry = default;
        if (header.Kind is not (RecordKind.Artifact or RecordKind.Tombstone)
            || !StoreCore.TryReadKey(segment, offset, out ArtifactKey key, out _))
        {
            return false;
        }

        entry = new DirectoryEntry(
            core.HashOf(key), header.Sequence, offset, header.RecordLength, header.Kind,
            header.Flags.HasFlag(RecordFlags.Loose), header.Count);
        return true;
    }

    /// <summary>The newest entry of a hash older than a sequence number, going down through equal hashes one call at a
    /// time.</summary>
    public bool TryFind(StoreCore core, ulong hash, ref ulong below, out DirectoryEntry entry)
    {
        if (!TryView(core, out DirectoryBlock block))
        {
            return TryFindWalked(hash, ref below, out entry);
        }

        int end = hash == ulong.MaxValue ? block.Count : block.LowerBound(hash + 1);
        for (int i = end - 1; i >= 0; i--)
        {
            entry = block[i];
            if (entry.Hash != hash)
            {
                break;
            }

            if (entry.Sequence < below)
            {
                below = entry.Sequence;
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>One entry by number; numbers run from 0 to <see cref="Count"/>.</summary>
    public DirectoryEntry this[StoreCore core, int index] =>
        TryView(core, out DirectoryBlock block) ? block[index] : _walked![index];

    /// <summary>When an entry was last used, if the segment's footer tells, else now.</summary>
    public ushort HourOf(StoreCore core, int index)
    {
        if (segment.IsSealed && segment.DirectoryOffset > 0 && Volatile.Read(ref _walked) is null
            && RecordReader.TryReadRecord(segment, segment.DirectoryOffset, out RecordHeader header,
                out ReadOnlySpan<byte> record, out _)
            && header.Kind == RecordKind.Directory)
        {
            DirectoryBlock footer = DirectoryBlock.Trust(record, header);
            if (recencyFrom + index < footer.RecencyCount)
            {
                return footer.Recency(recencyFrom + index);
            }
        }

        return (ushort)core.Hour;
    }

    /// <summary>Checks the block once; where it is damaged its records are walked, and <see cref="Count"/> may
    /// change.</summary>
    public void EnsureChecked(StoreCore core) => TryView(core, out _);

    private bool TryView(StoreCore core, out DirectoryBlock block)
    {
        block = default;
        if (Volatile.Read(ref _walked) is not null)
        {
            return false;
        }

        if (RecordReader.TryReadRecord(segment, blockOffset, out RecordHeader header, out ReadOnlySpan<byte> record,
            out string? problem))
        {
            if (Volatile.Read(ref _checked))
            {
                block = DirectoryBlock.Trust(record, header);
                return true;
            }

            if (DirectoryBlock.TryRead(record, header, out block, out problem) && header.Count == count)
            {
                Volatile.Write(ref _checked, true);
                return true;
            }
        }

        RecordReader.ThrowIfRefused(segment, blockOffset, header, problem);
        lock (_lock)
        {
            if (_walked is null)
            {
                core.Log.Damaged(segment.Name, blockOffset, problem ?? "another number of entries");
                DirectoryEntry[] walked = [.. Walk(core, segment, from, blockOffset, resynchronise: true, out _)];
                Array.Sort(walked, static (a, b) =>
                    a.Hash.CompareTo(b.Hash) is var c && c != 0 ? c : a.Sequence.CompareTo(b.Sequence));
                Volatile.Write(ref _walked, walked);
            }
        }

        return false;
    }

    private bool TryFindWalked(ulong hash, ref ulong below, out DirectoryEntry entry)
    {
        DirectoryEntry[] walked = _walked!;
        for (int i = walked.Length - 1; i >= 0; i--)
        {
            if (walked[i].Hash == hash && walked[i].Sequence < below)
            {
                entry = walked[i];
                below = entry.Sequence;
                return true;
            }
        }

        entry = default;
        return false;
    }
}
