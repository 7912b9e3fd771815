using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Reads a store to the asked depth and says what is damaged, what that costs, and what to do next. Changes
/// nothing.</summary>
internal sealed class VerifyCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    private readonly Option<VerifyLevel> _level = new("--level")
    {
        Description = "How deep to read: index, headers or full. full by default.",
        HelpName = "index|headers|full",
        CustomParser = CommonOptions.OneOf(
            "--level", ("index", VerifyLevel.Index), ("headers", VerifyLevel.Headers), ("full", VerifyLevel.Full)),
    };

    private readonly Option<string> _sample = new("--sample")
    {
        Description = "Read the payloads of a share of the records only.",
        HelpName = "P%",
    };

    public VerifyCommand() => Command = new Command("verify", "Look for damage.") { _store, _level, _sample };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        VerifyOptions options = new()
        {
            Level = context.Get(_level),
            Sample = context.Get(_sample) is { } share ? PercentText.Parse(share, "--sample") : 1,
        };
        StoreAccess.RequireDirectory(path);
        VerifyReport report;
        await using (ProgressMeter meter = context.StartProgress("verify"))
        {
            report = await ArtifactStore.VerifyDirectoryAsync(path, options, new Relay(meter), cancellationToken);
        }

        TimeSpan elapsed = context.Elapsed;
        context.Result.Fields = json => WriteReport(json, path, options, report, elapsed);
        Print(context, path, report, elapsed);
        if (report.IsClean)
        {
            return ExitCode.Ok;
        }

        context.SuggestNext(NextStep.AfterDamage(path));
        context.Alarm?.Line("exit 3 (damage)");
        return ExitCode.Damage;
    }

    private static void Print(CommandContext context, string path, VerifyReport report, TimeSpan elapsed)
    {
        TextReport? text = report.IsClean ? context.Text : context.Alarm;
        if (text is null)
        {
            return;
        }

        string seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        text.Line($"packtool verify --level {NameOf(report.Level)}   store {path}", Tone.Title);
        text.Blank();
        text.Table(
            ["CHECKED", ">COUNT", "DAMAGED"],
            [
                ["segments", Number(report.Segments), Damaged(report, IsSegment)],
                ["records", Number(report.Records), Damaged(report, IsRecord)],
                ["loose", Number(report.LooseFiles), Damaged(report, static k => k == VerifyFindingKind.Loose)],
                ["store", "", Damaged(report, IsWhole)],
            ]);
        text.Blank();
        text.Field("read", $"{SizeText.Format(report.Bytes)} in {seconds} s");
        foreach (string note in report.Notes)
        {
            text.Field("note", Printable.Escape(note));
        }

        if (report.IsClean)
        {
            text.Line("no damage found", Tone.Good);
            return;
        }

        DamageText.Print(text, report, "LOST");
    }

    private static void WriteReport(
        Utf8JsonWriter json, string path, VerifyOptions options, VerifyReport report, TimeSpan elapsed)
    {
        json.WriteString("store", path);
        json.WriteString("level", NameOf(report.Level));
        json.WriteNumber("sample", options.Sample);
        json.WriteStartObject("checked");
        json.WriteNumber("segments", report.Segments);
        json.WriteNumber("records", report.Records);
        json.WriteNumber("bytes", report.Bytes);
        json.WriteNumber("loose", report.LooseFiles);
        json.WriteEndObject();
        DamageText.Write(json, report);
        json.WriteStartArray("notes");
        foreach (string note in report.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteNumber("elapsedMs", (long)elapsed.TotalMilliseconds);
    }

    private static string NameOf(VerifyLevel level) => level switch
    {
        VerifyLevel.Full => "full",
        VerifyLevel.Headers => "headers",
        VerifyLevel.Index => "index",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "A level without a name."),
    };

    private static bool IsSegment(VerifyFindingKind kind) =>
        kind is VerifyFindingKind.Segment or VerifyFindingKind.Directory;

    private static bool IsRecord(VerifyFindingKind kind) =>
        kind is VerifyFindingKind.Header or VerifyFindingKind.Metadata or VerifyFindingKind.Payload;

    private static bool IsWhole(VerifyFindingKind kind) =>
        kind is VerifyFindingKind.Identity or VerifyFindingKind.Checkpoint;

    private static string Damaged(VerifyReport report, Func<VerifyFindingKind, bool> kind)
    {
        int count = report.Damage.Count(f => kind(f.Kind));
        return count == 0 ? "ok" : Number(count);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed class Relay(ProgressMeter meter) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) =>
            meter.Report(new ProgressPoint(value.DoneBytes, value.TotalBytes, value.DoneItems, value.Findings));
    }
}
