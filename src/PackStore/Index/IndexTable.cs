using System.Numerics;
using System.Runtime.CompilerServices;
using PackStore.Format;
using PackStore.Proof;
using PackStore.Storage;

namespace PackStore.Index;

/// <summary>
/// The index: a hash table of cache-line buckets in private memory that grows one bucket at a time (linear hashing),
/// beside its readers.
/// </summary>
/// <remarks>
/// One thread at a time changes it, under the engine's write lock; any number read. A slot is one aligned 8-byte store,
/// so a
/// reader sees the old word or the new one. Entries move between buckets only in <see cref="IndexSplitter"/>, which
/// makes the version in
/// <see cref="_shape"/> odd meanwhile: a reader that found nothing looks again if the shape changed under it. Readers
/// never take
/// anything on trust from a slot but compare the key in the record, so a stale or garbage word is a false miss at
/// worst.
/// Design after FASTER's bucket (Chandramouli et al., SIGMOD 2018) and linear hashing (Litwin, VLDB 1980).
/// </remarks>
internal sealed class IndexTable
{
    /// <summary>Slots in use for each bucket, times 64, above which the table grows: 70 % of seven.</summary>
    private const long GrowAt = 7 * 64 * 70 / 100;

    private const int MaxBuckets = 1 << 30;
    private const int MaxBucketsPaidFor = 1 << 20;
    private const int MaxOverflowPaidFor = 1 << 16;
    private const int FirstBuckets = 64;

    private readonly int _maxBuckets;
    private readonly int _maxOverflow;
    private readonly TableMemory _buckets;
    private readonly TableMemory _recency;
    private readonly TableMemory _overflow;
    private readonly TableMemory _overflowRecency;
    private readonly Stack<int> _freeOverflow = new();
    private int _references = 1;
    private int _overflowCount;
    private int _freezes;
    private bool _hasLeftOut;
    private long _entries;

    // See TableShape. Written under the write lock with release; readers load it with acquire before the bucket and
    // compare it after a miss.
    private ulong _shape;

    private IndexTable(IStoreDirectory directory)
    {
        // Where address space has to be paid for, the index holds some five million artifacts and then chains.
        _maxBuckets = directory.MapsBeyondEnd ? MaxBuckets : MaxBucketsPaidFor;
        _maxOverflow = directory.MapsBeyondEnd ? IndexControl.MaxOverflow : MaxOverflowPaidFor;
        _buckets = directory.ReserveTable((long)_maxBuckets * SnapshotHeader.BucketBytes);
        _recency = directory.ReserveTable((long)_maxBuckets * SnapshotHeader.RecencyBytes);
        _overflow = directory.ReserveTable((_maxOverflow + 1L) * SnapshotHeader.BucketBytes);
        _overflowRecency = directory.ReserveTable((_maxOverflow + 1L) * SnapshotHeader.RecencyBytes);
    }

    /// <summary>Slots in use.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Number of buckets.</summary>
    public int BucketCount => TableShape.BucketCount(Volatile.Read(ref _shape));

    /// <summary>Number of overflow buckets ever used.</summary>
    public int OverflowCount => Volatile.Read(ref _overflowCount);

    /// <summary>Buckets of both kinds.</summary>
    public long AllBuckets => BucketCount + (long)OverflowCount;

    /// <summary>Bytes of memory the buckets and their recency take.</summary>
    public long Bytes =>
        (BucketCount + (long)OverflowCount) * (SnapshotHeader.BucketBytes + SnapshotHeader.RecencyBytes);

    /// <summary>While set nothing moves, so that a snapshot can be copied and slots are known by their numbers. Under
    /// the write lock.</summary>
    public bool IsFrozen => _freezes > 0;

    /// <summary>Whether an hour changed since the last <see cref="TakeRecencyChange"/>.</summary>
    public bool HasRecencyChanged { get; private set; }

    /// <summary>Whether it lacks records that nothing supersedes, because artifacts were evicted. Goes with the
    /// snapshots that are made of it.</summary>
    public bool HasLeftOut => Volatile.Read(ref _hasLeftOut);

    internal ulong Shape => Volatile.Read(ref _shape);

    /// <summary>An empty table.</summary>
    public static IndexTable Create(IStoreDirectory directory)
    {
        IndexTable table = new(directory);
        table.CommitBuckets(FirstBuckets);
        int tagBase = BitOperations.Log2(FirstBuckets);
        foreach (ref IndexBucket bucket in table._buckets.Elements<IndexBucket>(FirstBuckets))
        {
            bucket[0] = IndexControl.Make(tagBase);
        }

        table._shape = TableShape.Make(FirstBuckets, 0);
        return table;
    }

    /// <summary>The table of a snapshot: mapped copy-on-write, so it costs nothing until touched.</summary>
    public static IndexTable Load(IStoreDirectory directory, IStoreFile file, SnapshotHeader header)
    {
        IndexTable table = new(directory);
        try
        {
            table.Map(file, header);
            return table;
        }
        catch
        {
            table.Release();
            throw;
        }
    }

    private void Map(IStoreFile file, SnapshotHeader header)
    {
        CommitBuckets(header.Buckets);
        CommitOverflow(header.Overflow);
        file.MapIntoTable(_buckets, 0, SnapshotHeader.BucketsAt, header.RecencyAt - SnapshotHeader.BucketsAt);
        file.MapIntoTable(_recency, 0, header.RecencyAt, header.OverflowAt - header.RecencyAt);
        if (header.Overflow > 0)
        {
            file.MapIntoTable(_overflow, 0, header.OverflowAt, header.OverflowRecencyAt - header.OverflowAt);
            file.MapIntoTable(
                _overflowRecency, 0, header.OverflowRecencyAt, header.ChecksumsAt - header.OverflowRecencyAt);
        }

        _overflowCount = header.Overflow;
        _entries = header.Entries;
        _hasLeftOut = header.HasLeftOut;
        _shape = TableShape.Make(header.Buckets, 0);
    }

    /// <summary>Keeps everything in its place until <see cref="Thaw"/>. Under the write lock.</summary>
    public void Freeze() => _freezes++;

    /// <summary>Ends one <see cref="Freeze"/>. Under the write lock.</summary>
    public void Thaw() => _freezes--;

    /// <summary>Notes that the hours as they are now are about to be saved.</summary>
    public void TakeRecencyChange() => HasRecencyChanged = false;

    /// <summary>Notes that an hour changed.</summary>
    public void NoteRecencyChange() => HasRecencyChanged = true;

    /// <summary>Asks the processor to fetch a hash's bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash) =>
        _buckets.Prefetch((long)TableShape.BucketOf(Shape, hash) * SnapshotHeader.BucketBytes);

    /// <summary>Asks the processor to fetch a hash's bucket and the hours beside it.</summary>
    public void PrefetchForChange(ulong hash) => PrefetchBucket(TableShape.BucketOf(Shape, hash), isOverflow: false);

    /// <summary>Starts looking for a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IndexProbe Probe(ulong hash) => new(this, hash);

    /// <summary>Puts a word for a hash into an empty slot. Under the write lock; the caller has made sure the key is
    /// not there.</summary>
    public void Insert(ulong hash, RecordLocation location, ushort hour, IHashSource hashes)
    {
        int number = TableShape.BucketOf(Shape, hash);
        ref IndexBucket bucket = ref Bucket(number);
        ulong word = IndexWord.Make(IndexWord.Tag(hash, IndexControl.TagBase(Volatile.Read(ref bucket[0]))), location);
        Place(ref bucket, ref Recency(number), word, hour);
        Interlocked.Increment(ref _entries);
        // Two splits for each insert at most: after a snapshot held growth up, the debt is paid off without a stall.
        for (int i = 0; i < 2 && !IsFrozen && Entries * 64 > BucketCount * GrowAt && BucketCount < _maxBuckets; i++)
        {
            IndexSplitter.Split(this, hashes);
        }
    }

    /// <summary>Leads an existing slot to another record. Under the write lock.</summary>
    public static void Replace(ref IndexProbe probe, RecordLocation location, ushort hour)
    {
        probe.SetHour(hour);
        SchedulePoint.Reach("index.replacing");
        Volatile.Write(ref probe.WordReference, (probe.Word & IndexWord.TagMask) | IndexWord.Make(0, location));
    }

    /// <summary>Leads a slot to a copy of its record, unless it has got another one, or none, meanwhile; its hour
    /// stays. Under the write lock; readers may drop the entry or mark it checked at the same time.</summary>
    public static bool TryRelocate(ref IndexProbe probe, RecordLocation copy)
    {
        ulong seen = Volatile.Read(ref probe.WordReference);
        while (seen != 0 && IndexWord.SameLocation(seen, probe.Word))
        {
            ulong next = (seen & IndexWord.TagMask) | IndexWord.Make(0, copy);
            ulong was = Interlocked.CompareExchange(ref probe.WordReference, next, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Empties a slot. Under the write lock, or by a reader that found the record damaged; says whether it was
    /// this call that did it.</summary>
    public bool TryRemove(ref IndexProbe probe)
    {
        ulong seen = Volatile.Read(ref probe.WordReference);
        SchedulePoint.Reach("index.removing");
        while (seen != 0 && IndexWord.SameLocation(seen, probe.Word))
        {
            ulong was = Interlocked.CompareExchange(ref probe.WordReference, 0, seen);
            if (was == seen)
            {
                Interlocked.Decrement(ref _entries);
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Keeps the memory for who goes on with it after leaving the epoch section that this is called in; to be
    /// given back by <see cref="Release"/>.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>Gives up a reference, the first being that of who made the table; the last frees the memory. After the
    /// last reader has left.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
        {
            return;
        }

        _buckets.Release();
        _recency.Release();
        _overflow.Release();
        _overflowRecency.Release();
    }

    /// <summary>The first word of a bucket that is known to be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref ulong FirstWord(uint number) => ref _buckets.Element<ulong>((ulong)number * IndexBucket.Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref IndexBucket Bucket(int number) => ref _buckets.Elements<IndexBucket>(MaxBuckets)[number];

    internal ref RecencyRow Recency(int number) => ref _recency.Elements<RecencyRow>(MaxBuckets)[number];

    internal ref IndexBucket OverflowBucket(int number) =>
        ref _overflow.Elements<IndexBucket>(IndexControl.MaxOverflow + 1)[number];

    internal ref RecencyRow OverflowRecency(int number) =>
        ref _overflowRecency.Elements<RecencyRow>(IndexControl.MaxOverflow + 1)[number];

    /// <summary>Asks the processor to fetch a bucket and its hours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchBucket(int number, bool isOverflow)
    {
        (isOverflow ? _overflow : _buckets).Prefetch((long)number * SnapshotHeader.BucketBytes);
        (isOverflow ? _overflowRecency : _recency).Prefetch((long)number * SnapshotHeader.RecencyBytes);
    }

    internal void SetShape(int bucketCount, uint version) =>
        Volatile.Write(ref _shape, TableShape.Make(bucketCount, version));

    internal void CommitBuckets(int count)
    {
        _buckets.Commit(SnapshotHeader.Align((long)count * SnapshotHeader.BucketBytes));
        _recency.Commit(SnapshotHeader.Align((long)count * SnapshotHeader.RecencyBytes));
    }

    internal void NoteLeftOut() => Volatile.Write(ref _hasLeftOut, true);

    internal void ForgetEntries(long count) => Interlocked.Add(ref _entries, -count);

    internal void FreeOverflow(int number) => _freeOverflow.Push(number);

    /// <summary>Puts a word into the first empty slot of a chain, adding an overflow bucket at its end if there is
    /// none.</summary>
    internal void Place(ref IndexBucket first, ref RecencyRow firstRecency, ulong word, ushort hour)
    {
        ref IndexBucket bucket = ref first;
        ref RecencyRow recency = ref firstRecency;
        for (int hops = 0; ; hops++)
        {
            for (int lane = 1; lane < IndexBucket.Words; lane++)
            {
                if (Volatile.Read(ref bucket[lane]) == 0)
                {
                    recency[lane] = hour;
                    SchedulePoint.Reach("index.placing");
                    Volatile.Write(ref bucket[lane], word);
                    return;
                }
            }

            int link = IndexControl.Overflow(Volatile.Read(ref bucket[0]));
            // A damaged snapshot may have a link to nowhere or a circle: cut there.
            if (link == 0 || link > _overflowCount || hops > _overflowCount)
            {
                AddOverflow(ref bucket, word, hour);
                return;
            }

            bucket = ref OverflowBucket(link - 1);
            recency = ref OverflowRecency(link - 1);
        }
    }

    private void AddOverflow(ref IndexBucket last, ulong word, ushort hour)
    {
        if (!_freeOverflow.TryPop(out int number))
        {
            number = _overflowCount;
            if (number >= _maxOverflow)
            {
                throw new PackStoreException("The index has no overflow bucket left; rebuild it by removing index/.");
            }

            CommitOverflow(number + 1);
            Volatile.Write(ref _overflowCount, number + 1);
        }

        ref IndexBucket bucket = ref OverflowBucket(number);
        bucket = default;
        OverflowRecency(number)[1] = hour;
        bucket[1] = word;
        // Readers change the touched bits of this word at any time, hence the loop; the link publishes the bucket.
        ulong seen = Volatile.Read(ref last[0]);
        SchedulePoint.Reach("index.linking");
        while (true)
        {
            ulong was = Interlocked.CompareExchange(
                ref last[0], (seen & ~IndexControl.OverflowMask) | ((ulong)(number + 1) << IndexControl.OverflowShift),
                    seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }

    private void CommitOverflow(int count)
    {
        _overflow.Commit(SnapshotHeader.Align((long)count * SnapshotHeader.BucketBytes));
        _overflowRecency.Commit(SnapshotHeader.Align((long)count * SnapshotHeader.RecencyBytes));
    }
}
