namespace PackStore.Bench.Peers;

/// <summary>Every sample of a run, by metric and engine.</summary>
internal sealed class ResultTable
{
    private readonly List<Metric> _metrics = [];

    internal IReadOnlyList<Metric> Metrics => _metrics;

    internal List<string> Notes { get; } = [];

    internal void Add(string metric, string title, string unit, bool higherIsBetter, string engine, double value)
    {
        Metric? row = _metrics.Find(m => m.Id == metric);
        if (row is null)
        {
            row = new Metric(metric, title, unit, higherIsBetter, []);
            _metrics.Add(row);
        }

        if (!row.Samples.TryGetValue(engine, out List<double>? samples))
        {
            row.Samples.Add(engine, samples = []);
        }

        samples.Add(value);
    }

    internal double? Median(string metric, string engine) =>
        _metrics.Find(m => m.Id == metric)?.Samples.TryGetValue(engine, out List<double>? samples) == true
            ? Statistics.Median(samples)
            : null;

    /// <summary>How many times better one cell is than another: above 1 is better, whichever way the unit
    /// runs.</summary>
    internal double? Better(string metric, string engine, string versusMetric, string versusEngine)
    {
        double? value = Median(metric, engine);
        double? versus = Median(versusMetric, versusEngine);
        if (value is null || versus is null or 0 || value == 0)
        {
            return null;
        }

        bool higherIsBetter = _metrics.First(m => m.Id == metric).HigherIsBetter;
        return higherIsBetter ? value / versus : versus / value;
    }
}

/// <summary>One row of numbers: what, in which unit, and the samples of each engine.</summary>
internal sealed record Metric(
    string Id, string Title, string Unit, bool HigherIsBetter, Dictionary<string, List<double>> Samples);
