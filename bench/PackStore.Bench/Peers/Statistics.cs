namespace PackStore.Bench.Peers;

/// <summary>Medians and percentiles.</summary>
internal static class Statistics
{
    internal static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value below which the given share of a sorted array lies.</summary>
    internal static double Percentile(ReadOnlySpan<long> sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
