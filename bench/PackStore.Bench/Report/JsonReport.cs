using System.Text.Json;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Report;

/// <summary>The run as JSON, for the plot and for whoever keeps a history.</summary>
internal static class JsonReport
{
    internal static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static string Write(MachineInfo machine, PeersContext context) => JsonSerializer.Serialize(
        new RunDocument(machine, context.Options.Scale, context.Options.Runs, [.. context.Results.Metrics.Select(Row)]),
        Options);

    private static MetricDocument Row(Metric metric) => new(
        metric.Id, metric.Title, metric.Unit, metric.HigherIsBetter,
        metric.Samples.ToDictionary(s => s.Key, s => s.Value.ToArray()));
}

/// <summary>One run.</summary>
internal sealed record RunDocument(MachineInfo Machine, double Scale, int Runs, MetricDocument[] Metrics);

/// <summary>One metric of a run with the samples of each engine.</summary>
internal sealed record MetricDocument(
    string Id, string Title, string Unit, bool HigherIsBetter, Dictionary<string, double[]> Samples);
