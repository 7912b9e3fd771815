using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using PackStore.Bench.Engines;
using PackStore.Bench.Peers;

namespace PackStore.Bench.Report;

/// <summary>The verb <c>plot</c>: a bar chart of a run's JSON as SVG, every bar a ratio to LMDB on a logarithmic
/// axis.</summary>
internal static class PlotCommand
{
    private const int LabelWidth = 250;
    private const int PlotWidth = 520;
    private const int ValueWidth = 70;
    private const int BarHeight = 13;
    private const int GroupGap = 14;
    private const int Top = 64;

    private static readonly string[] s_metrics =
        ["w4", "w4.p50", "w5", "w6", "w7", "w8", "w9", "w10", "w1.flush", "w2.flush", "w11", "w12.middle.clean.call"];

    private static readonly (string Engine, string Color)[] s_engines =
    [
        (PeerFactory.PackStore, "#1b6ca8"),
        (PeerFactory.PackStoreBatch, "#6bb1dd"),
        (PeerFactory.Floor, "#b8bcc2"),
        (PeerFactory.Lmdb, "#e09f3e"),
        (PeerFactory.Loose, "#9e2a2b"),
    ];

    internal static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is not [string source, string destination])
        {
            Console.Error.WriteLine("plot results.json bench.svg");
            return 2;
        }

        RunDocument run = JsonSerializer.Deserialize<RunDocument>(File.ReadAllText(source), JsonReport.Options) ??
            throw new InvalidDataException($"{source} holds no run.");
        string? folder = Path.GetDirectoryName(Path.GetFullPath(destination));
        Directory.CreateDirectory(folder ?? ".");
        File.WriteAllText(destination, Draw(run));
        return 0;
    }

    private static string Draw(RunDocument run)
    {
        List<Group> groups = [.. s_metrics.Select(id => GroupOf(run, id)).OfType<Group>()];
        double lowest = Math.Min(0.1, groups.SelectMany(g => g.Bars).Select(b => b.Ratio).DefaultIfEmpty(1).Min());
        double highest = Math.Max(10, groups.SelectMany(g => g.Bars).Select(b => b.Ratio).DefaultIfEmpty(1).Max());
        double low = Math.Floor(Math.Log10(lowest));
        double high = Math.Log10(highest) + 0.05;
        double X(double ratio) => LabelWidth + ((Math.Log10(ratio) - low) / (high - low) * PlotWidth);

        int height = Top + groups.Sum(g => (g.Bars.Count * BarHeight) + GroupGap) + 20;
        int width = LabelWidth + PlotWidth + ValueWidth;
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" "));
        svg.Append("font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"#24292f\">\n");
        svg.Append(Invariant($"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"));
        Legend(svg, run);
        for (int power = (int)low; power <= high; power++)
        {
            double x = X(Math.Pow(10, power));
            svg.Append(Invariant($"<line x1=\"{x:f1}\" x2=\"{x:f1}\" y1=\"{Top - 8}\" y2=\"{height - 18}\" "));
            svg.Append(Invariant($"stroke=\"{(power == 0 ? "#57606a" : "#d8dee4")}\"/>\n"));
            svg.Append(Invariant($"<text x=\"{x:f1}\" y=\"{height - 6}\" text-anchor=\"middle\">"));
            svg.Append(Invariant($"{Math.Pow(10, power):0.###}x</text>\n"));
        }

        int y = Top;
        foreach (Group group in groups)
        {
            int middle = y + (group.Bars.Count * BarHeight / 2) + 4;
            svg.Append(Invariant($"<text x=\"{LabelWidth - 8}\" y=\"{middle}\" text-anchor=\"end\">"));
            svg.Append(WebUtility.HtmlEncode(group.Title)).Append("</text>\n");
            foreach (Bar bar in group.Bars)
            {
                Draw(svg, bar, X(1), X(bar.Ratio), y);
                y += BarHeight;
            }

            y += GroupGap;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Bar bar, double one, double end, int y)
    {
        double left = Math.Min(one, end);
        double width = Math.Max(1.5, Math.Abs(end - one));
        svg.Append(Invariant($"<rect x=\"{left:f1}\" y=\"{y}\" width=\"{width:f1}\" height=\"{BarHeight - 2}\" "));
        svg.Append(Invariant($"fill=\"{bar.Color}\"><title>{bar.Engine}</title></rect>\n"));
        double text = Math.Max(one, end) + 4;
        svg.Append(Invariant($"<text x=\"{text:f1}\" y=\"{y + BarHeight - 3}\" font-size=\"10\">"));
        svg.Append(Invariant($"{bar.Ratio:0.##}x</text>\n"));
    }

    private static void Legend(StringBuilder svg, RunDocument run)
    {
        svg.Append("<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"600\">");
        svg.Append("Times better than LMDB, one run, logarithmic (longer to the right is better)</text>\n");
        int x = 12;
        foreach ((string engine, string color) in s_engines)
        {
            svg.Append(Invariant($"<rect x=\"{x}\" y=\"32\" width=\"10\" height=\"10\" fill=\"{color}\"/>"));
            svg.Append(Invariant($"<text x=\"{x + 14}\" y=\"41\">{engine}</text>\n"));
            x += 24 + (engine.Length * 7);
        }

        string machine = Invariant($"{run.Machine.Cores} cores, {run.Machine.Processor}, scale {run.Scale}");
        svg.Append(Invariant($"<text x=\"{x + 8}\" y=\"41\" fill=\"#57606a\">"));
        svg.Append(WebUtility.HtmlEncode(machine)).Append("</text>\n");
    }

    private static Group? GroupOf(RunDocument run, string id)
    {
        MetricDocument? metric = Array.Find(run.Metrics, m => m.Id == id);
        if (metric is null || !metric.Samples.TryGetValue(PeerFactory.Lmdb, out double[]? lmdb))
        {
            return null;
        }

        double basis = Statistics.Median(lmdb);
        var bars = new List<Bar>();
        foreach ((string engine, string color) in s_engines)
        {
            if (basis > 0 && metric.Samples.TryGetValue(engine, out double[]? samples) &&
                Statistics.Median(samples) > 0)
            {
                double value = Statistics.Median(samples);
                bars.Add(new Bar(engine, color, metric.HigherIsBetter ? value / basis : basis / value));
            }
        }

        return new Group(metric.Title, bars);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Bar(string Engine, string Color, double Ratio);

    private sealed record Group(string Title, List<Bar> Bars);
}
