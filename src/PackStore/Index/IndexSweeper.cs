namespace PackStore.Index;

/// <summary>Empties slots by what they lead to, without knowing keys.</summary>
internal static class IndexSweeper
{
    /// <summary>Empties slots whose words are unwanted, in some buckets, numbered on through those of overflow; returns
    /// how many. Under the write lock; what moves between two calls may be overlooked.</summary>
    /// <param name="table">The table.</param>
    /// <param name="first">The first bucket.</param>
    /// <param name="count">How many; fewer where the table ends.</param>
    /// <param name="isUnwanted">Which words.</param>
    public static long RemoveWhere(IndexTable table, long first, long count, Predicate<ulong> isUnwanted)
    {
        long removed = 0;
        int buckets = table.BucketCount;
        long end = Math.Min(table.AllBuckets, first + count);
        for (long i = first; i < end; i++)
        {
            ref IndexBucket bucket =
                ref i < buckets ? ref table.Bucket((int)i) : ref table.OverflowBucket((int)(i - buckets));
            removed += RemoveWhere(ref bucket, isUnwanted);
        }

        table.ForgetEntries(removed);
        return removed;
    }

    private static long RemoveWhere(ref IndexBucket bucket, Predicate<ulong> isUnwanted)
    {
        long removed = 0;
        for (int lane = 1; lane < IndexBucket.Words; lane++)
        {
            ulong word = Volatile.Read(ref bucket[lane]);
            // A reader that marks the word as checked, or drops it, at the same time wins; asked again then.
            while (word != 0 && isUnwanted(word))
            {
                ulong was = Interlocked.CompareExchange(ref bucket[lane], 0, word);
                removed += was == word ? 1 : 0;
                word = was == word ? 0 : was;
            }
        }

        return removed;
    }
}
