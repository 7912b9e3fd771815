using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;
using PackStore.Tools.Verifying;

namespace PackStore.Tools.Commands;

/// <summary>Rebuilds what can be rebuilt of a damaged store, puts the rest into quarantine, and says what is
/// lost.</summary>
internal sealed class RepairCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    public RepairCommand() => Command = new Command(
        "repair", "Make a damaged store sound: keep all that is undamaged, say what is lost.") { _store }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        StoreAccess.RequireDirectory(path);
        RepairReport report;
        await using (ProgressMeter meter = context.StartProgress("repair"))
        {
            report = await RepairAsync(path, context.DryRun, meter, cancellationToken);
        }

        TimeSpan elapsed = context.Elapsed;
        context.Result.Fields = json => WriteReport(json, path, report, elapsed);
        context.AnnouncePlan();
        Print(context, path, report);
        if (report.Before.IsClean)
        {
            return ExitCode.Ok;
        }

        if (context.DryRun)
        {
            context.SuggestNext(NextStep.AfterDamage(path));
            return context.Finish(ExitCode.Ok, changes: true);
        }

        context.SuggestNext(report.IsClean ? NextStep.AfterRepair(path) : NextStep.AfterFailedRepair(path));
        ExitCode code = report.IsClean ? ExitCode.Repaired : ExitCode.Damage;
        context.Alarm?.Line(report.IsClean ? "exit 4 (repaired)" : "exit 3 (damage): some of it is still there");
        return code;
    }

    private static async Task<RepairReport> RepairAsync(
        string path, bool dryRun, ProgressMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            return await ArtifactStore.RepairDirectoryAsync(
                path, new RepairOptions { DryRun = dryRun }, new Relay(meter), cancellationToken);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ToolException(ExitCode.ReadOnly, e.Message, e);
        }
    }

    private static void Print(CommandContext context, string path, RepairReport report)
    {
        if (report.Before.IsClean)
        {
            context.Text?.Line("no damage found: there is nothing to repair", Tone.Good);
            return;
        }

        if (context.Alarm is not { } text)
        {
            return;
        }

        text.Line($"packtool repair   store {path}", Tone.Title);
        text.Field("checked", string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Before.Segments} segments, {report.Before.Records} records, "
            + $"{report.Before.LooseFiles} loose files, {SizeText.Format(report.Before.Bytes)}"));
        DamageText.Print(text, VerifyTotals.Of(report.Before));
        foreach (ArtifactKey key in report.HitKeys)
        {
            text.Line($"       {key}");
        }

        string records = report.CopiedRecords.ToString(CultureInfo.InvariantCulture);
        string bytes = SizeText.Format(report.CopiedBytes);
        text.Field("kept", $"{records} records of damaged segments, {bytes}, copied to new ones");
        text.Field("put away", string.Create(
            CultureInfo.InvariantCulture, $"{report.Quarantined.Count} files, to {Path.Combine(path, "quarantine")}"));
        foreach (string name in report.Quarantined)
        {
            text.Line($"       {Printable.Escape(name)}");
        }

        if (report.After is { IsClean: false } after)
        {
            text.Line("STILL DAMAGED", Tone.Bad);
            DamageText.Print(text, VerifyTotals.Of(after));
        }
    }

    private static void WriteReport(Utf8JsonWriter json, string path, RepairReport report, TimeSpan elapsed)
    {
        json.WriteString("store", path);
        json.WriteBoolean("repaired", report.IsRepaired && report.IsClean);
        DamageText.Write(json, VerifyTotals.Of(report.Before));
        json.WriteStartArray("hitKeys");
        foreach (ArtifactKey key in report.HitKeys)
        {
            json.WriteStringValue(key.ToString());
        }

        json.WriteEndArray();
        json.WriteStartObject("kept");
        json.WriteNumber("records", report.CopiedRecords);
        json.WriteNumber("bytes", report.CopiedBytes);
        json.WriteEndObject();
        json.WriteStartArray("quarantined");
        foreach (string name in report.Quarantined)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteNumber("damageLeft", report.After?.Damage.Count ?? report.Before.Damage.Count);
        json.WriteNumber("elapsedMs", (long)elapsed.TotalMilliseconds);
    }

    private sealed class Relay(ProgressMeter meter) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) =>
            meter.Report(new ProgressPoint(value.DoneBytes, value.TotalBytes, value.DoneItems, value.Findings));
    }
}
