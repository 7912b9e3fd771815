using System.Numerics;
using PackStore.Format;
using PackStore.Proof;

namespace PackStore.Index;

/// <summary>
/// Grows the index by one bucket: the entries of one bucket are shared out between it and the new one by one more bit
/// of their hash.
/// </summary>
/// <remarks>
/// The bit is in the tag for six doublings; at the seventh the tag is made anew from the record's key, from the bits of
/// that level on. So an entry's record is read once for every 128-fold growth, not once for every doubling, and a tag
/// never has less than 10 bits that tell.
/// </remarks>
internal static class IndexSplitter
{
    private const int MaxUsedTagBits = 6;

    /// <summary>Adds one bucket. Under the write lock.</summary>
    public static void Split(IndexTable table, IHashSource hashes)
    {
        int count = table.BucketCount;
        int level = BitOperations.Log2((uint)count);
        int from = count - (1 << level);
        table.CommitBuckets(count + 1);
        List<Entry> entries = [];
        List<int> overflow = [];
        int oldBase = Gather(table, from, entries, overflow);
        bool retag = level + 1 - oldBase > MaxUsedTagBits;
        int tagBase = retag ? level + 1 : oldBase;
        int lost = Assign(entries, level, oldBase, retag, tagBase, hashes);
        uint version = TableShape.Version(table.Shape);
        // Odd from here: a reader that finds nothing waits. Nothing below can fail but for memory, and the finally
        // covers that.
        SchedulePoint.Reach("split.gathered");
        table.SetShape(count, version + 1);
#if PACKSTORE_PROOF
        if (PlantedBugs.Has(PlantedBug.SplitUnannounced))
        {
            table.SetShape(count, version);
        }
#endif
        SchedulePoint.Reach("split.announced");
        try
        {
            Clear(ref table.Bucket(from), tagBase);
            SchedulePoint.Reach("split.cleared");
            Clear(ref table.Bucket(count), tagBase);
            foreach (int number in overflow)
            {
                table.OverflowBucket(number) = default;
                table.FreeOverflow(number);
            }

            foreach (Entry entry in entries)
            {
                if (entry.Keep)
                {
                    int to = entry.Upper ? count : from;
                    table.Place(ref table.Bucket(to), ref table.Recency(to), entry.Word, entry.Hour);
                }
            }
        }
        finally
        {
            SchedulePoint.Reach("split.placed");
            table.SetShape(count + 1, version + 2);
            SchedulePoint.Reach("split.done");
        }

        table.ForgetEntries(lost);
    }

    private static int Gather(IndexTable table, int number, List<Entry> entries, List<int> overflow)
    {
        ref IndexBucket bucket = ref table.Bucket(number);
        ref RecencyRow recency = ref table.Recency(number);
        int tagBase = IndexControl.TagBase(Volatile.Read(ref bucket[0]));
        while (true)
        {
            for (int lane = 1; lane < IndexBucket.Words; lane++)
            {
                ulong word = Volatile.Read(ref bucket[lane]);
                if (word != 0)
                {
                    entries.Add(new Entry { Word = word, Hour = recency[lane] });
                }
            }

            int link = IndexControl.Overflow(Volatile.Read(ref bucket[0]));
            if (link == 0 || link > table.OverflowCount || overflow.Contains(link - 1))
            {
                return tagBase;
            }

            overflow.Add(link - 1);
            bucket = ref table.OverflowBucket(link - 1);
            recency = ref table.OverflowRecency(link - 1);
        }
    }

    /// <summary>Decides for each entry; returns how many had to be dropped because their record cannot be read: misses
    /// anyway.</summary>
    private static int Assign(List<Entry> entries, int level, int oldBase, bool retag, int tagBase, IHashSource hashes)
    {
        int lost = 0;
        for (int i = 0; i < entries.Count; i++)
        {
            Entry entry = entries[i];
            entry.Keep = true;
            if (!retag)
            {
                entry.Upper = ((entry.Word >> (IndexWord.TagShift + level - oldBase)) & 1) != 0;
            }
            else if (hashes.TryReadHash(entry.Word, out ulong hash))
            {
                entry.Upper = ((hash >> level) & 1) != 0;
                entry.Word = (entry.Word & ~IndexWord.TagMask) | (IndexWord.Tag(hash, tagBase) << IndexWord.TagShift);
            }
            else
            {
                entry.Keep = false;
                lost++;
            }

            entries[i] = entry;
        }

        return lost;
    }

    private static void Clear(ref IndexBucket bucket, int tagBase)
    {
        for (int lane = 1; lane < IndexBucket.Words; lane++)
        {
            Volatile.Write(ref bucket[lane], 0);
        }

        Volatile.Write(ref bucket[0], IndexControl.Make(tagBase));
    }

    private struct Entry
    {
        public ulong Word;
        public ushort Hour;
        public bool Upper;
        public bool Keep;
    }
}
