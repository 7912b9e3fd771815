using System.Buffers.Binary;
using PackStore.Format;
using PackStore.Index;
using PackStore.Storage;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Index;

/// <summary>The table by itself: growth, snapshots, and what damage to a snapshot may do.</summary>
public sealed class IndexTableTests : IDisposable
{
    private static readonly StoreIdentity s_store = new(Guid.NewGuid(), 0, 1 << 20, 7);
    private readonly ScratchStore _scratch = new();
    private readonly IStoreDirectory _directory;

    public IndexTableTests() => _directory = StoreDirectories.Open(_scratch.Root);

    public void Dispose()
    {
        _directory.Dispose();
        _scratch.Dispose();
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xFFFF_FFFF_0000_FFFF)]
    public void Entries_are_found_through_every_doubling(ulong mask)
    {
        // 64 buckets grow to some 64 * 2^8: past the sixth doubling tags are made anew.
        const int Count = 64 * 256 * 4;
        HashList hashes = new(Count, mask);
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < Count; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), (ushort)i, hashes);
            if ((i & (i - 1)) == 0)
            {
                AssertFound(table, hashes, i + 1);
            }
        }

        Assert.True(table.BucketCount > 64 << 7, $"{table.BucketCount} buckets");
        Assert.Equal(Count, table.Entries);
        AssertFound(table, hashes, Count);
        Assert.Equal(Count, table.Enumerate().Select(e => e.Word & IndexWord.LocationMask).Distinct().Count());
        Assert.True(hashes.Reads > 0);
        table.Release();
    }

    [Fact]
    public void Entries_of_one_hash_are_all_kept_apart_from_removed_ones()
    {
        HashList hashes = new(2000, 0);
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < 2000; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), 1, hashes);
        }

        for (int i = 0; i < 2000; i += 2)
        {
            Assert.True(TryFind(table, hashes[i], i, out IndexProbe probe));
            Assert.True(table.TryRemove(ref probe));
            Assert.False(table.TryRemove(ref probe));
        }

        for (int i = 0; i < 2000; i++)
        {
            Assert.Equal(i % 2 == 1, TryFind(table, hashes[i], i, out _));
        }

        Assert.Equal(1000, table.Entries);
        table.Release();
    }

    [Fact]
    public void A_table_that_loses_what_it_cannot_read_keeps_the_rest()
    {
        HashList hashes = new(60_000, ulong.MaxValue) { Unreadable = i => i % 10 == 0 };
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < 60_000; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), 1, hashes);
        }

        for (int i = 0; i < 60_000; i++)
        {
            Assert.True(i % 10 == 0 || TryFind(table, hashes[i], i, out _));
        }

        Assert.Equal(table.Enumerate().Count(), table.Entries);
        table.Release();
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0UL)]
    public void Slots_are_emptied_wherever_they_are_unless_they_changed_since_they_were_seen(ulong mask)
    {
        const int Count = 3000;
        HashList hashes = new(Count, mask);
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < Count; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), (ushort)i, hashes);
        }

        SlotList list = new();
        table.Freeze();
        IndexScan.Run(table, ref list, CancellationToken.None);
        Assert.Equal(Count, list.Slots.Count);
        Assert.Contains(list.Slots, static s => s.IsOverflow);
        for (int i = 0; i < Count; i += 3)
        {
            Assert.True(TryFind(table, hashes[i], i, out IndexProbe probe));
            RecordLocation place = HashList.Location(i % 2 == 0 ? i : i + Count);
            IndexTable.Replace(ref probe, place, (ushort)(i % 2 == 0 ? i + 1 : i));
        }

        Assert.Equal(0, IndexScan.Take(table, []));
        Assert.False(table.HasLeftOut);
        SeenSlot[] slots = [.. list.Slots];
        int taken = IndexScan.Take(table, slots);
        Assert.Equal(list.Slots.Where(static s => s.Hour % 3 != 0), slots.Take(taken));
        Assert.All(list.Slots, s => Assert.False(IndexScan.IsAsSeen(table, s)));
        Assert.Equal(Count / 3, table.Entries);
        Assert.Equal(Count / 3, table.Enumerate().Count());
        Assert.True(table.HasLeftOut);
        table.Release();
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xF0F0UL)]
    public async Task A_snapshot_written_beside_inserts_has_what_was_there_before(ulong mask)
    {
        HashList hashes = new(40_000, mask | (mask == ulong.MaxValue ? 0 : ~0xFFFFUL));
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < 20_000; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), (ushort)i, hashes);
        }

        table.Freeze();
        SnapshotHeader header = Header(table);
        Task inserts = Task.Run(() =>
        {
            for (int i = 20_000; i < 40_000; i++)
            {
                table.Insert(hashes[i], HashList.Location(i), 3, hashes);
            }
        });
        Write(table, header);
        await inserts;
        table.Thaw();

        IndexTable loaded = Load(out SnapshotHeader read);
        Assert.Equal((header.Buckets, header.Overflow), (read.Buckets, read.Overflow));
        Assert.Equal(loaded.Enumerate().Count(), loaded.Entries);
        for (int i = 0; i < 20_000; i++)
        {
            Assert.Equal(i, HourOf(loaded, hashes[i], i));
        }

        AssertFound(table, hashes, 40_000);
        for (int i = 20_000; i < 40_000; i++)
        {
            if (!TryFind(loaded, hashes[i], i, out _))
            {
                loaded.Insert(hashes[i], HashList.Location(i), 3, hashes);
            }
        }

        AssertFound(loaded, hashes, 40_000);
        loaded.Release();
        table.Release();
    }

    [Fact]
    public void Damage_to_a_snapshot_is_told()
    {
        IndexTable table = Fill(new HashList(5000, ulong.MaxValue));
        Write(table, Header(table));
        table.Release();
        SnapshotHeader header = ReadHeader();
        using (IStoreFile file = _directory.TryOpen("snapshot", writable: false)!)
        {
            Assert.Equal(-1, SnapshotReader.FindDamage(file, header, default));
        }

        byte[] bytes = File.ReadAllBytes(_scratch.Join("snapshot"));
        bytes[header.RecencyAt + 5] ^= 4;
        File.WriteAllBytes(_scratch.Join("snapshot"), bytes);
        using IStoreFile damaged = _directory.TryOpen("snapshot", writable: false)!;
        Assert.Equal(SnapshotHeader.BucketsAt, SnapshotReader.FindDamage(damaged, header, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Damaged_words_of_a_snapshot_cost_misses_and_nothing_else(int seed)
    {
        HashList hashes = new(20_000, 0xFFFF_FFFF_FFFF_00FF);
        IndexTable table = Fill(hashes, 6000);
        SnapshotHeader header = Header(table);
        Write(table, header);
        table.Release();
        byte[] bytes = File.ReadAllBytes(_scratch.Join("snapshot"));
        Random random = new(seed);
        for (int i = 0; i < 500; i++)
        {
            // Control words as often as slots, in buckets and overflow buckets.
            long from = i % 2 == 0 ? SnapshotHeader.BucketsAt : header.OverflowAt;
            long buckets = i % 2 == 0 ? header.Buckets : header.Overflow;
            long at = from + (random.NextInt64(buckets) * 64) + (i % 4 < 2 ? 0 : random.Next(8) * 8);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((int)at),
                random.NextInt64(long.MinValue, long.MaxValue));
        }

        File.WriteAllBytes(_scratch.Join("snapshot"), bytes);
        IndexTable loaded = Load(out _);
        int misses = Enumerable.Range(0, 6000).Count(i => !TryFind(loaded, hashes[i], i, out _));
        Assert.InRange(misses, 1, 5999);
        for (int i = 6000; i < 20_000; i++)
        {
            Assert.False(TryFind(loaded, hashes[i], i, out _));
            loaded.Insert(hashes[i], HashList.Location(i), 1, hashes);
        }

        // Chains that damage has led into each other may lose an entry when one is split: a miss, cured by replay.
        Assert.InRange(Enumerable.Range(6000, 14_000).Count(i => TryFind(loaded, hashes[i], i, out _)), 7_000, 14_000);
        loaded.Release();
    }

    [Fact]
    public void Circles_of_overflow_buckets_end()
    {
        HashList hashes = new(64, 0);
        IndexTable table = Fill(hashes, 28);
        SnapshotHeader header = Header(table);
        Assert.Equal(3, header.Overflow);
        Write(table, header);
        table.Release();
        byte[] bytes = File.ReadAllBytes(_scratch.Join("snapshot"));
        // The last of the chain leads back to the first.
        int last = (int)header.OverflowAt + (2 * 64);
        ulong control = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(last));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(last), IndexControl.WithOverflow(control, 1));
        File.WriteAllBytes(_scratch.Join("snapshot"), bytes);

        IndexTable loaded = Load(out _);
        for (int i = 0; i < 28; i++)
        {
            Assert.True(TryFind(loaded, hashes[i], i, out _));
        }

        Assert.False(TryFind(loaded, hashes[60], 60, out _));
        for (int i = 28; i < 64; i++)
        {
            loaded.Insert(hashes[i], HashList.Location(i), 1, hashes);
        }

        Assert.All(Enumerable.Range(28, 36), i => Assert.True(TryFind(loaded, hashes[i], i, out _)));
        loaded.Release();
    }

    private static void AssertFound(IndexTable table, HashList hashes, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(TryFind(table, hashes[i], i, out _), $"entry {i} of {count}");
        }
    }

    private static int? HourOf(IndexTable table, ulong hash, int number) =>
        TryFind(table, hash, number, out IndexProbe probe) ? probe.Hour : null;

    private static bool TryFind(IndexTable table, ulong hash, int number, out IndexProbe probe)
    {
        probe = table.Probe(hash);
        while (probe.MoveNext())
        {
            if (IndexWord.Location(probe.Word) == HashList.Location(number))
            {
                return true;
            }
        }

        return false;
    }

    private static SnapshotHeader Header(IndexTable table) => new(
        s_store.StoreId, 1, new RecordLocation(1, 256), 1, table.BucketCount, table.OverflowCount, table.Entries,
        s_store.HashSeed);

    private IndexTable Fill(HashList hashes, int count = 5000)
    {
        IndexTable table = IndexTable.Create(_directory);
        for (int i = 0; i < count; i++)
        {
            table.Insert(hashes[i], HashList.Location(i), (ushort)i, hashes);
        }

        return table;
    }

    private void Write(IndexTable table, SnapshotHeader header)
    {
        using IStoreFile file = _directory.Create("snapshot");
        using SnapshotWriter writer = new(table, file, header);
        writer.Write(default);
    }

    private SnapshotHeader ReadHeader()
    {
        using IStoreFile file = _directory.TryOpen("snapshot", writable: false)!;
        SnapshotHeader? header = SnapshotReader.TryReadHeader(file, s_store, out string problem);
        Assert.True(header is not null, problem);
        return header;
    }

    private IndexTable Load(out SnapshotHeader header)
    {
        header = ReadHeader();
        using IStoreFile file = _directory.TryOpen("snapshot", writable: false)!;
        return IndexTable.Load(_directory, file, header);
    }

    private readonly struct SlotList() : ISlotVisitor
    {
        public readonly List<SeenSlot> Slots = [];

        public void Visit(long slot, ulong word, ushort hour, bool isTouched) =>
            Slots.Add(new SeenSlot(slot, word, hour, Slots.Count));
    }
}
