using System.Text.Json;
using PackStore.Tools.Files;
using PackStore.Tools.Output;
using PackStore.Tools.Values;

namespace PackStore.Tools.Import;

/// <summary>
/// Brings a legacy cache into a store for a verb: runs it with progress and a report of the entries, and says what came
/// of it as fields and as text.
/// </summary>
/// <param name="context">The run of the verb.</param>
/// <param name="path">The store's path.</param>
/// <param name="source">The cache's path.</param>
internal sealed class MigrationRun(CommandContext context, string path, string source)
{
    // So many lines are handed to the system at a time.
    private const int LinesInHand = 256;

    private readonly List<ImportReportLine> _lines = [];
    private MigrationReport? _report;

    // What is known of a run that did not end; the library calls one at a time.
    private long _imported;
    private long _duplicates;
    private long _skipped;
    private long _bytes;

    /// <summary>Whether source files are deleted when their copies are safe.</summary>
    public bool Move { get; init; }

    /// <summary>Where each entry gets its line, if anywhere. Not written in a dry run.</summary>
    public string? ReportPath { get; init; }

    /// <summary>Whether anything was brought in, or would be.</summary>
    public bool HasChanges => _report is { } report && report.Imported + report.DeletedFiles > 0;

    /// <summary>Whether anything was left out that should not have been.</summary>
    public bool HasWarnings => _report is { } report
        && (report.Refused > 0 || report.UndeletedFiles > 0 || (Move && report.HasLiveDaemon));

    /// <summary>Refuses what is no legacy cache, before a store is made for it.</summary>
    public static void CheckSource(string source)
    {
        if (!LegacyCache.CanBeOne(source))
        {
            throw ToolException.Failed($"{source} is no zccache directory: it has neither artifacts nor an index.");
        }
    }

    /// <summary>Runs it.</summary>
    /// <param name="store">The store; <see langword="null"/> for the plan of one that would be created.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(ArtifactStore? store, CancellationToken cancellationToken)
    {
        string? reportPath = context.DryRun ? null : ReportPath;
        using ImportReportFile? file = reportPath is null ? null : new ImportReportFile(reportPath);
        MigrationOptions options = new()
        {
            DryRun = context.DryRun,
            MoveSource = Move,
            OnEntry = entry => Note(file, entry),
        };
        await using ProgressMeter meter = context.StartProgress("import");
        try
        {
            Relay relay = new(meter);
            _report = store is null
                ? await ArtifactStore.PlanMigrationAsync(PlaceOf(path), source, options, relay, cancellationToken)
                : await store.MigrateAsync(source, options, relay, cancellationToken);
        }
        finally
        {
            file?.Write(_lines);
        }

        WarnOfDaemons(_report);
        if (_report.IsDryRun && _report.NeededBytes > _report.AvailableBytes)
        {
            context.Warn($"{SizeText.Format(_report.NeededBytes)} are needed and only "
                + $"{SizeText.Format(_report.AvailableBytes)} are free.");
        }
    }

    /// <summary>The fields of the result object; of a run that did not end, as far as it came.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("imported", _report?.Imported ?? _imported);
        json.WriteNumber("duplicates", _report?.Duplicates ?? _duplicates);
        json.WriteNumber("skipped", _report?.Skipped ?? _skipped);
        json.WriteNumber("bytes", _report?.Bytes ?? _bytes);
        if (_report is not { } report)
        {
            return;
        }

        json.WriteStartObject("reasons");
        foreach ((string reason, long count) in report.Reasons)
        {
            json.WriteNumber(reason, count);
        }

        json.WriteEndObject();
        json.WriteNumber("conflicts", report.Conflicts);
        json.WriteNumber("nameless", report.Nameless);
        json.WriteNumber("needed", report.NeededBytes);
        json.WriteNumber("available", report.AvailableBytes);
        json.WriteNumber("deletedFiles", report.DeletedFiles);
        json.WriteNumber("deletedBytes", report.DeletedBytes);
        json.WriteNumber("undeletedFiles", report.UndeletedFiles);
        json.WriteStartArray("roots");
        foreach (MigrationRoot root in report.Roots)
        {
            json.WriteStartObject();
            json.WriteString("path", root.Path);
            json.WriteNumber("entries", root.Entries);
            json.WriteBoolean("live", root.IsLive);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The same for people.</summary>
    public void Print(TextReport text)
    {
        if (_report is not { } report)
        {
            return;
        }

        double seconds = Math.Max(context.Elapsed.TotalSeconds, 0.001);
        string reasons = string.Join(", ", report.Reasons.Select(static r => $"{r.Value} {r.Key}"));
        foreach (MigrationRoot root in report.Roots)
        {
            text.Field("cache", FormattableString.Invariant(
                $"{(root.Path.Length == 0 ? "." : Printable.Escape(root.Path))}, {root.Entries} entries")
                + (root.IsLive ? ", in use" : ""));
        }

        text.Field("imported", FormattableString.Invariant(
            $"{report.Imported} artifacts, {SizeText.Format(report.Bytes)} in {seconds:0.0} s ")
            + FormattableString.Invariant(
            $"({report.Imported / seconds:0} /s, {SizeText.Format((long)(report.Bytes / seconds))}/s)"));
        text.Field("duplicates", FormattableString.Invariant($"{report.Duplicates}"));
        text.Field("skipped",
            FormattableString.Invariant($"{report.Skipped}") + (reasons.Length == 0 ? "" : $" ({reasons})"));
        text.Field("conflicts", FormattableString.Invariant($"{report.Conflicts}"));
        text.Field("nameless", FormattableString.Invariant($"{report.Nameless}"));
        text.Field("needed", FormattableString.Invariant(
            $"{SizeText.Format(report.NeededBytes)}, {SizeText.Format(report.AvailableBytes)} were free"));
        if (Move)
        {
            text.Field("deleted", FormattableString.Invariant(
                $"{report.DeletedFiles} files, {SizeText.Format(report.DeletedBytes)}"));
        }
    }

    private void Note(ImportReportFile? file, MigrationEntry entry)
    {
        _imported += entry.Result == MigrationResult.Imported ? 1 : 0;
        _duplicates += entry.Result == MigrationResult.Duplicate ? 1 : 0;
        _skipped += entry.Result == MigrationResult.Skipped ? 1 : 0;
        _bytes += entry.Result == MigrationResult.Imported ? entry.Bytes : 0;
        if (file is null)
        {
            return;
        }

        _lines.Add(ImportReportLine.Of(entry));
        if (_lines.Count >= LinesInHand)
        {
            file.Write(_lines);
            _lines.Clear();
        }
    }

    private void WarnOfDaemons(MigrationReport report)
    {
        foreach (MigrationRoot root in report.Roots.Where(static r => r.IsLive))
        {
            context.Warn($"{Path.Join(source, root.Path)} is in use by a daemon"
                + (root.Daemon.Length > 0 ? $" (process {root.Daemon})" : "")
                + (Move ? "; nothing was deleted there." : "; what it stores from now on is for the next run."));
        }
    }

    // The nearest directory that is there: asked how much is free.
    private static string PlaceOf(string path)
    {
        string place = PathTree.Real(path);
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } parent)
        {
            place = parent;
        }

        return place;
    }

    private sealed class Relay(ProgressMeter meter) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) =>
            meter.Report(new ProgressPoint(value.DoneBytes, value.TotalBytes, value.DoneItems, 0));
    }
}
