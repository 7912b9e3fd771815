namespace PackStore.Migration.Legacy.Redb;

/// <summary>Walks a tree in the order of its keys, without recursion, and goes on beside what is lost.</summary>
internal static class RedbTree
{
    /// <summary>Levels of any real tree: branches have two children and more.</summary>
    private const int MaxDepth = 64;

    /// <summary>The entries, a page in memory for each level.</summary>
    public static IEnumerable<RedbEntry> Walk(RedbPages pages, RedbLink root, ICollection<RedbLoss> losses)
    {
        Stack<(RedbPage Branch, int Next)> path = new();
        RedbLink? link = root;
        while (link is { } next)
        {
            LegacyProblem problem = LegacyProblem.TooDeep;
            RedbPage? page = path.Count < MaxDepth ? pages.TryRead(next, out problem) : null;
            if (page is null)
            {
                losses.Add(new RedbLoss(next.Page, problem));
            }
            else if (page.IsLeaf)
            {
                for (int i = 0; i < page.Count; i++)
                {
                    yield return page.Entry(i);
                }
            }
            else
            {
                path.Push((page, 0));
            }

            link = Advance(path);
        }
    }

    // The next child of the deepest branch that has one left.
    private static RedbLink? Advance(Stack<(RedbPage Branch, int Next)> path)
    {
        while (path.TryPop(out (RedbPage Branch, int Next) top))
        {
            if (top.Next < top.Branch.Count)
            {
                path.Push((top.Branch, top.Next + 1));
                return top.Branch.Child(top.Next);
            }
        }

        return null;
    }
}
