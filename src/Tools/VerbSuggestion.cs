namespace PackStore.Tools;

/// <summary>Finds the verb that a mistyped one was meant to be.</summary>
internal static class VerbSuggestion
{
    private static readonly Dictionary<string, string> s_synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["add"] = "put",
        ["cat"] = "get",
        ["check"] = "verify",
        ["create"] = "init",
        ["del"] = "rm",
        ["delete"] = "rm",
        ["dir"] = "ls",
        ["fetch"] = "get",
        ["fsck"] = "verify",
        ["info"] = "stat",
        ["list"] = "ls",
        ["new"] = "init",
        ["remove"] = "rm",
        ["stats"] = "stat",
        ["store"] = "put",
    };

    /// <summary>The verb meant, or <see langword="null"/> if nothing is near.</summary>
    public static string? For(string word, IReadOnlyList<string> verbs)
    {
        if (s_synonyms.TryGetValue(word, out string? synonym))
        {
            return synonym;
        }

        string lower = word.ToLowerInvariant();
        string? nearest = verbs.MinBy(v => Distance(lower, v));
        int limit = nearest is null ? 0 : Math.Max(1, nearest.Length / 2);
        return nearest is not null && Distance(lower, nearest) <= limit ? nearest : null;
    }

    // Insertions, removals, replacements and swaps of neighbours that turn one word into the other.
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(d[i - 1, j], d[i, j - 1]) + 1,
                    d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
