namespace PackStore.Tests.Interleavings;

/// <summary>
/// Whether there is one order of all operations on a key, each at some moment between its call and its return, in which
/// every get returns what was put last (Herlihy and Wing, TOPLAS 1990). Keys are judged one by one, which is enough.
/// </summary>
internal static class Linearizability
{
    private const int MaxOperations = 62;

    /// <summary>Says what is wrong, or null.</summary>
    public static string? FindProblem(IReadOnlyList<KeyOperation> history)
    {
        foreach (IGrouping<int, KeyOperation> key in history.GroupBy(static o => o.Key))
        {
            KeyOperation[] operations = [.. key.OrderBy(static o => o.Start)];
            if (operations.Length > MaxOperations)
            {
                throw new InvalidOperationException($"{operations.Length} operations on one key.");
            }

            if (!CanOrder(operations, 0, 0, []))
            {
                return $"key {key.Key}: no order explains\n  {string.Join("\n  ", operations.AsEnumerable())}";
            }
        }

        return null;
    }

    /// <summary>Tries, as the next in order, each operation that no other one left has to precede.</summary>
    private static bool CanOrder(KeyOperation[] all, ulong done, int state, HashSet<(ulong Done, int State)> failed)
    {
        if (done == (1UL << all.Length) - 1)
        {
            return true;
        }

        if (failed.Contains((done, state)))
        {
            return false;
        }

        long firstReturn = long.MaxValue;
        for (int i = 0; i < all.Length; i++)
        {
            firstReturn = (done >> i & 1) == 0 ? Math.Min(firstReturn, all[i].End) : firstReturn;
        }

        for (int i = 0; i < all.Length && all[i].Start < firstReturn; i++)
        {
            if ((done >> i & 1) == 0 && Apply(all[i], state) is { } next
                && CanOrder(all, done | 1UL << i, next, failed))
            {
                return true;
            }
        }

        failed.Add((done, state));
        return false;
    }

    /// <summary>The state after an operation; null if it cannot come here.</summary>
    private static int? Apply(KeyOperation operation, int state) => operation.Action switch
    {
        KeyAction.Put => operation.Value,
        KeyAction.Remove => (operation.Value != 0) == (state != 0) ? 0 : null,
        _ => operation.Value == state ? state : null,
    };
}
