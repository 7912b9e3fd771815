using System.Runtime.CompilerServices;
using PackStore.Format;

namespace PackStore.Index;

/// <summary>
/// Goes over all slots of the index in memory order, and takes single ones out by their number: what eviction is made
/// of. Touches no record.
/// </summary>
/// <remarks>
/// A slot's number is eight times its bucket's number plus its lane, from <see cref="OverflowBase"/> on for
/// overflow buckets. It holds as long as the table is frozen.
/// What goes over millions of items is compiled in full at once: it may well run for the first and only time of a
/// process, and would be over before the runtime thinks it worth while. See docs/decisions/20261126-bulk-passes.md.
/// </remarks>
internal static class IndexScan
{
    /// <summary>The number of the first slot of the first overflow bucket.</summary>
    public const long OverflowBase = 1L << 40;

    /// <summary>All slots in use with their hours, in bucket order; under change it may miss or repeat those that
    /// move.</summary>
    public static IEnumerable<(ulong Word, ushort Hour)> Enumerate(this IndexTable table)
    {
        for (int part = 0; part < 2; part++)
        {
            for (int i = 0; i < (part == 0 ? table.BucketCount : table.OverflowCount); i++)
            {
                for (int lane = 1; lane < IndexBucket.Words; lane++)
                {
                    (ulong word, ushort hour) = ReadSlot(table, i, lane, isOverflow: part == 1);
                    if (word != 0)
                    {
                        yield return (word, hour);
                    }
                }
            }
        }
    }

    /// <summary>Shows every slot in use to a visitor. What changes meanwhile may or may not be seen; in a frozen table
    /// nothing is seen twice.</summary>
    public static void Run<TVisitor>(IndexTable table, ref TVisitor visitor, CancellationToken cancellationToken)
        where TVisitor : struct, ISlotVisitor
    {
        Run(table, 0, table.BucketCount, isOverflow: false, ref visitor, cancellationToken);
        Run(table, 0, table.OverflowCount, isOverflow: true, ref visitor, cancellationToken);
    }

    /// <summary>Shows the slots in use of some buckets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVisitor>(
        IndexTable table, int from, int to, bool isOverflow, ref TVisitor visitor, CancellationToken cancellationToken)
        where TVisitor : struct, ISlotVisitor
    {
        const int CheckEvery = 1 << 16;
        long slot = (isOverflow ? OverflowBase : 0) + ((long)from * IndexBucket.Words);
        for (int i = from; i < to; i++, slot += IndexBucket.Words)
        {
            if (i % CheckEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            ref IndexBucket bucket = ref isOverflow ? ref table.OverflowBucket(i) : ref table.Bucket(i);
            ref RecencyRow recency = ref isOverflow ? ref table.OverflowRecency(i) : ref table.Recency(i);
            ulong control = Volatile.Read(ref bucket[0]);
            for (int lane = 1; lane < IndexBucket.Words; lane++)
            {
                ulong word = Volatile.Read(ref bucket[lane]);
                if (word != 0)
                {
                    ushort hour = recency[lane];
                    bool isTouched = (control >> (lane - 1) & 1) != 0 && IndexControl.Hour(control) == hour;
                    visitor.Visit(slot + lane, word, hour, isTouched);
                }
            }
        }
    }

    /// <summary>Empties slots, but those that lead elsewhere by now or have been used since they were seen. Under the
    /// write lock.</summary>
    /// <returns>How many; these stand at the front then, in the order they had.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Take(IndexTable table, Span<SeenSlot> slots)
    {
        if (slots.IsEmpty)
        {
            return 0;
        }

        // Hardly any of the lines is in the cache; asked for together they arrive together.
        foreach (ref readonly SeenSlot slot in slots)
        {
            table.PrefetchBucket(slot.Bucket, slot.IsOverflow);
        }

        // Before a slot is emptied: a snapshot being written that finds it empty then says so.
        table.NoteLeftOut();
        int taken = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            if (TryEmpty(table, slots[i]))
            {
                slots[taken++] = slots[i];
            }
        }

        table.ForgetEntries(taken);
        return taken;
    }

    /// <summary>Whether a slot still leads to a record and has not been used since it was seen. Under the write
    /// lock.</summary>
    public static bool IsAsSeen(IndexTable table, in SeenSlot slot)
    {
        (ulong word, ushort hour) = ReadSlot(table, slot.Bucket, slot.Lane, slot.IsOverflow);
        return word != 0 && IndexWord.SameLocation(word, slot.Word) && hour == slot.Hour;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryEmpty(IndexTable table, in SeenSlot slot)
    {
        int number = slot.Bucket;
        ref IndexBucket bucket = ref slot.IsOverflow ? ref table.OverflowBucket(number) : ref table.Bucket(number);
        ref RecencyRow recency = ref slot.IsOverflow ? ref table.OverflowRecency(number) : ref table.Recency(number);
        ref ulong word = ref bucket[slot.Lane];
        ulong seen = Volatile.Read(ref word);
        while (seen != 0 && IndexWord.SameLocation(seen, slot.Word) && recency[slot.Lane] == slot.Hour)
        {
            // A reader may set the verified bit at any time.
            ulong was = Interlocked.CompareExchange(ref word, 0, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    private static (ulong Word, ushort Hour) ReadSlot(IndexTable table, int number, int lane, bool isOverflow) => (
        Volatile.Read(ref isOverflow ? ref table.OverflowBucket(number)[lane] : ref table.Bucket(number)[lane]),
        isOverflow ? table.OverflowRecency(number)[lane] : table.Recency(number)[lane]);
}

/// <summary>What looks at the slots of a scan.</summary>
internal interface ISlotVisitor
{
    /// <summary>Sees one slot in use.</summary>
    /// <param name="slot">Its number.</param>
    /// <param name="word">Its word.</param>
    /// <param name="hour">The hour its record was last used.</param>
    /// <param name="isTouched">Whether this process has seen a hit within that hour.</param>
    void Visit(long slot, ulong word, ushort hour, bool isTouched);
}
