namespace PackStore.Tests.Properties;

/// <summary>Makes scripts simpler: leaves out operations, many at a time first, then takes shorter payloads, smaller
/// keys and seeds.</summary>
internal static class OperationShrinker
{
    /// <summary>Simpler scripts.</summary>
    public static IEnumerable<IReadOnlyList<StoreOperation>> Shrink(IReadOnlyList<StoreOperation> operations)
    {
        int count = operations.Count;
        for (int run = count / 2; run >= 1; run /= 2)
        {
            for (int from = 0; from + run <= count; from += run)
            {
                yield return Replace(operations, from, run, []);
            }
        }

        for (int i = 0; i < count; i++)
        {
            StoreOperation operation = operations[i];
            foreach (StoreOperation simpler in new[]
            {
                operation with { Length = operation.Length / 2 },
                operation with { Key = operation.Key / 2 },
                operation with { Seed = operation.Seed / 2 },
            })
            {
                if (simpler != operation)
                {
                    yield return Replace(operations, i, 1, [simpler]);
                }
            }
        }
    }

    private static StoreOperation[] Replace(
        IReadOnlyList<StoreOperation> operations, int from, int count, StoreOperation[] by) =>
        [.. operations.Take(from), .. by, .. operations.Skip(from + count)];
}
