namespace PackStore.Engine.Space;

/// <summary>Puts hours of last use together to the bars that people look at.</summary>
internal static class AgeBars
{
    private static readonly TimeSpan[] s_bars =
        [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.MaxValue];

    /// <summary>The bars of artifacts and bytes by hour.</summary>
    public static AgeBucket[] Of(int now, long[] counts, long[] bytes)
    {
        long[] artifacts = new long[s_bars.Length];
        long[] sizes = new long[s_bars.Length];
        for (int hour = 0; hour < counts.Length; hour++)
        {
            TimeSpan age = TimeSpan.FromHours(Math.Max(0, now - hour));
            int bar = Array.FindIndex(s_bars, b => age < b);
            artifacts[bar] += counts[hour];
            sizes[bar] += bytes[hour];
        }

        return [.. s_bars.Select((bar, i) => new AgeBucket(bar, artifacts[i], sizes[i]))];
    }
}
