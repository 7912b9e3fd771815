using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;
using PackStore.Tools.Verifying;

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

    private readonly Option<string> _resume = new("--resume")
    {
        Description = "Go on where FILE says, and remember there how far this run got. Not in the store.",
        HelpName = "FILE",
    };

    private readonly Option<string> _maxBytes = new("--max-bytes")
    {
        Description = "With --resume: end this run after so many bytes.",
        HelpName = "SIZE",
    };

    private readonly Option<string> _maxTime = new("--max-time")
    {
        Description = "With --resume: end this run after so long.",
        HelpName = "AGE",
    };

    public VerifyCommand() => Command = new Command("verify", "Look for damage.")
    {
        _store, _level, _sample, _resume, _maxBytes, _maxTime,
    };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        VerifyLevel level = context.Get(_level);
        double sample = context.Get(_sample) is { } share ? PercentText.Parse(share, "--sample") : 1;
        VerifyBudget budget = ReadBudget(context);
        StoreAccess.RequireDirectory(path);
        ResumeFile? resume = context.Get(_resume) is { } file
            ? new ResumeFile(file, path, string.Create(CultureInfo.InvariantCulture, $"{NameOf(level)} {sample:R}"))
            : null;
        if (resume is null && (budget.MaxBytes ?? budget.MaxTime?.Ticks) is not null)
        {
            throw new ToolException(ExitCode.Usage, "--max-bytes and --max-time want --resume FILE to go on from");
        }

        VerifyTotals found;
        await using (ProgressMeter meter = context.StartProgress("verify"))
        {
            VerifyParts parts = new(path, level, sample, budget, resume, context.Time, new Relay(meter));
            found = await parts.RunAsync(cancellationToken);
        }

        TimeSpan elapsed = context.Elapsed;
        context.Result.Fields = json => WriteReport(json, path, level, sample, found, elapsed);
        Print(context, path, level, found, elapsed);
        if (found.NextSegment is not null)
        {
            context.SuggestNext(NextStep.GoOn(path, context.Get(_resume)!));
        }

        if (found.Damage.Count == 0)
        {
            return ExitCode.Ok;
        }

        context.SuggestNext(NextStep.AfterDamage(path));
        context.Alarm?.Line("exit 3 (damage)");
        return ExitCode.Damage;
    }

    private VerifyBudget ReadBudget(CommandContext context)
    {
        long? bytes = context.Get(_maxBytes) is { } size ? SizeText.Parse(size, "--max-bytes") : null;
        TimeSpan? time = null;
        if (context.Get(_maxTime) is { } text)
        {
            time = AgeText.TryParse(text, out TimeSpan most)
                ? most
                : throw new ToolException(ExitCode.Usage, $"--max-time wants something like 10m or 2h; got {text}");
        }

        return new VerifyBudget(bytes, time);
    }

    private static void Print(
        CommandContext context, string path, VerifyLevel level, VerifyTotals found, TimeSpan elapsed)
    {
        TextReport? text = found.Damage.Count == 0 ? context.Text : context.Alarm;
        if (text is null)
        {
            return;
        }

        string seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        text.Line($"packtool verify --level {NameOf(level)}   store {path}", Tone.Title);
        text.Blank();
        text.Table(
            ["CHECKED", ">COUNT", "DAMAGED"],
            [
                ["segments", Number(found.Segments), Damaged(found, "segment", "directory")],
                ["records", Number(found.Records), Damaged(found, "header", "metadata", "payload")],
                ["loose", Number(found.LooseFiles), Damaged(found, "loose")],
                ["store", "", Damaged(found, "identity", "checkpoint")],
            ]);
        text.Blank();
        text.Field("read", $"{SizeText.Format(found.Bytes)} in {seconds} s");
        foreach (string note in found.Notes)
        {
            text.Field("note", Printable.Escape(note));
        }

        if (found.NextSegment is { } next)
        {
            text.Field("not yet", string.Create(
                CultureInfo.InvariantCulture, $"segments from {next:x8} on; the same command goes on there"));
        }

        if (found.Damage.Count == 0)
        {
            text.Line("no damage found", Tone.Good);
            return;
        }

        DamageText.Print(text, found);
    }

    private static void WriteReport(
        Utf8JsonWriter json, string path, VerifyLevel level, double sample, VerifyTotals found, TimeSpan elapsed)
    {
        json.WriteString("store", path);
        json.WriteString("level", NameOf(level));
        json.WriteNumber("sample", sample);
        json.WriteStartObject("checked");
        json.WriteNumber("segments", found.Segments);
        json.WriteNumber("records", found.Records);
        json.WriteNumber("bytes", found.Bytes);
        json.WriteNumber("loose", found.LooseFiles);
        json.WriteEndObject();
        DamageText.Write(json, found);
        json.WriteStartArray("notes");
        foreach (string note in found.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteBoolean("complete", found.NextSegment is null);
        if (found.NextSegment is { } next)
        {
            json.WriteNumber("nextSegment", next);
        }

        json.WriteNumber("elapsedMs", (long)elapsed.TotalMilliseconds);
    }

    private static string NameOf(VerifyLevel level) => level switch
    {
        VerifyLevel.Full => "full",
        VerifyLevel.Headers => "headers",
        VerifyLevel.Index => "index",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "A level without a name."),
    };

    private static string Damaged(VerifyTotals found, params string[] kinds)
    {
        int count = found.Damage.Count(d => kinds.Contains(d.Kind));
        return count == 0 ? "ok" : Number(count);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed class Relay(ProgressMeter meter) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) =>
            meter.Report(new ProgressPoint(value.DoneBytes, value.TotalBytes, value.DoneItems, value.Findings));
    }
}
