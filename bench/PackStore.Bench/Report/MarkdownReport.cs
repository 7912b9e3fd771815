using System.Globalization;
using System.Text;
using PackStore.Bench.Engines;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Report;

/// <summary>The run as Markdown: the machine, the goals, one table a metric, what was left out and why.</summary>
internal static class MarkdownReport
{
    internal static string Write(MachineInfo machine, PeersContext context, TimeSpan wall)
    {
        var text = new StringBuilder();
        PeersOptions options = context.Options;
        text.Append("# PackStore and its peers, one run\n\n");
        text.Append(Invariant($"Commit {machine.Commit}; scale {options.Scale}, {options.Runs} runs, "));
        text.Append(Invariant($"{wall.TotalSeconds:f0} s of wall time.\n"));
        text.Append(Invariant($"{machine.Cores} cores, {machine.Processor}, {machine.Memory}, {machine.Kernel}, "));
        text.Append(Invariant($"{machine.Runtime}, {machine.FileSystem}.\n\n"));
        text.Append("Medians, with (min..max) of the runs. Ratios say how many times better than LMDB or the floor: ");
        text.Append("above 1 is better, for times and rates alike. Only ratios carry over to another machine.\n\n");
        WriteGoals(text, context.Results);
        foreach (Metric metric in context.Results.Metrics)
        {
            WriteMetric(text, context.Results, metric);
        }

        WriteNotes(text, context);
        return text.ToString();
    }

    private static void WriteGoals(StringBuilder text, ResultTable results)
    {
        text.Append("## Goals\n\n| goal | needed | measured | met |\n|---|---:|---:|---|\n");
        foreach (Goal goal in Goal.All)
        {
            double? value = goal.Value(results);
            string measured = value is null ? "-" : Number(value.Value) + (goal.VersusMetric is null ? "" : "x");
            string met = value is null ? "not measured" : goal.IsMet(value.Value) ? "yes" : "**no**";
            text.Append(Invariant($"| {goal.Text} | {goal.LimitText} | {measured} | {met} |\n"));
        }

        text.Append('\n');
    }

    private static void WriteMetric(StringBuilder text, ResultTable results, Metric metric)
    {
        text.Append(Invariant($"## {metric.Title} ({metric.Id})\n\n"));
        text.Append(Invariant($"| engine | {metric.Unit} | vs lmdb | vs floor |\n|---|---:|---:|---:|\n"));
        foreach ((string engine, List<double> samples) in metric.Samples.OrderBy(s => Place(s.Key)))
        {
            text.Append(Invariant($"| {engine} | {Number(Statistics.Median(samples))} "));
            text.Append(Invariant($"({Number(samples.Min())}..{Number(samples.Max())}) "));
            text.Append(Invariant($"| {Ratio(results, metric.Id, engine, PeerFactory.Lmdb)} "));
            text.Append(Invariant($"| {Ratio(results, metric.Id, engine, PeerFactory.Floor)} |\n"));
        }

        text.Append('\n');
    }

    private static void WriteNotes(StringBuilder text, PeersContext context)
    {
        text.Append("## Notes\n\n");
        foreach (string engine in context.Options.Engines)
        {
            using Peer peer = PeerFactory.Create(engine);
            text.Append(Invariant($"- {engine}: {peer.Settings}\n"));
        }

        foreach ((string engine, string reason) in context.Skipped)
        {
            text.Append(Invariant($"- {engine} was left out: {reason}\n"));
        }

        foreach (string note in context.Results.Notes.Distinct())
        {
            text.Append(Invariant($"- {note}\n"));
        }
    }

    private static string Ratio(ResultTable results, string metric, string engine, string versus) =>
        results.Better(metric, engine, metric, versus) is double ratio ? Number(ratio) + "x" : "-";

    private static int Place(string engine)
    {
        int place = PeerFactory.All.ToList().IndexOf(engine);
        return place < 0 ? int.MaxValue : place;
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => value.ToString("n0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("f0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("f1", CultureInfo.InvariantCulture),
        >= 0.1 => value.ToString("f2", CultureInfo.InvariantCulture),
        _ => value.ToString("g2", CultureInfo.InvariantCulture),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
