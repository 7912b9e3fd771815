using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Commands.Compacting;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Gives back the space that removed and replaced artifacts take, and shows what a store holds before and
/// after.</summary>
internal sealed class CompactCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    private readonly Option<string> _deadRatio = new("--dead-ratio")
    {
        Description = "Rewrite segments of which at least this share can be given back. 20% by default.",
        HelpName = "P%",
    };

    private readonly Option<string> _limit = new("--limit-rate")
    {
        Description = "The most bytes to read and write a second.",
        HelpName = "SIZE",
    };

    private readonly Option<string> _maxBytes = new("--max-bytes")
    {
        Description = "First evict the least recently used artifacts, until the live bytes are at most this many.",
        HelpName = "SIZE",
    };

    private readonly Option<string> _maxAge = new("--max-age")
    {
        Description = "First evict what was not used for longer than this, in whole hours.",
        HelpName = "AGE",
    };

    private readonly Option<string> _migrate = new("--migrate")
    {
        Description = "First bring in this zccache cache, which is left as it is. Creates STORE where it is absent.",
        HelpName = "ROOT",
    };

    private readonly CompactRewriting _rewriting = new();

    public CompactCommand() => Command = new Command("compact", "Give back the space of what is not needed any more.")
    {
        _store, _maxBytes, _maxAge, _deadRatio, _rewriting.Level, _rewriting.After, _rewriting.Fold, _limit, _migrate,
    }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        CompactEvictions evictions = new(context);
        CompactionOptions options = _rewriting.Complete(context, new CompactionOptions
        {
            DeadRatio = context.Get(_deadRatio) is { } share
                ? PercentText.Parse(share, "--dead-ratio") : new CompactionOptions().DeadRatio,
            MaxBytesPerSecond = context.Get(_limit) is { } rate ? SizeText.Parse(rate, "--limit-rate") : null,
            DryRun = context.DryRun,
            Eviction = evictions.OptionsOf(context.Get(_maxBytes), context.Get(_maxAge)),
        });
        CompactMigration migration = new(context, path, context.Get(_migrate));
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            migration.WriteFields(json);
        };
        CompactionReport? report;
        using (ArtifactStore? store = Open(context, path, _rewriting.OpenOptions(context, migration.IsAsked)))
        {
            await migration.RunAsync(store, cancellationToken);
            report = store is null ? null : await CompactAsync(context, store, options, cancellationToken);
        }

        TimeSpan elapsed = context.Elapsed;
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            migration.WriteFields(json);
            if (report is not null)
            {
                Write(json, report);
            }

            json.WriteNumber("elapsedMs", (long)elapsed.TotalMilliseconds);
        };
        context.AnnouncePlan();
        context.Text?.Line($"packtool compact   store {path}", Tone.Title);
        migration.Print();
        if (report is null)
        {
            // The plan of a store that would be created: there is nothing to rewrite.
            return context.Finish(migration.Code, migration.HasChanges);
        }

        Print(context, report);
        _rewriting.Print(context, report);
        evictions.Print(report);
        bool changes = report.RemovedSegments > 0 || report.SweptFiles > 0 || report.Eviction is { Artifacts: > 0 }
            || migration.HasChanges;
        ExitCode code = CodeOf(context, path, report);
        return context.Finish(code == ExitCode.Ok ? migration.Code : code, changes);
    }

    /// <summary>A plan needs neither lock nor write permission; null where it would create the store.</summary>
    private static ArtifactStore? Open(CommandContext context, string path, PackStoreOptions options)
    {
        if (context.DryRun)
        {
            return options.CreateIfMissing
                ? StoreAccess.OpenForPlan(path, options)
                : StoreAccess.OpenForReading(path, options);
        }

        return StoreAccess.OpenForWriting(path, options);
    }

    private static async Task<CompactionReport> CompactAsync(
        CommandContext context, ArtifactStore store, CompactionOptions options, CancellationToken cancellationToken)
    {
        await using ProgressMeter meter = context.StartProgress("compact");
        return await store.CompactAsync(options, new Relay(meter), cancellationToken);
    }

    private static ExitCode CodeOf(CommandContext context, string path, CompactionReport report)
    {
        if (report.SkippedSegments > 0)
        {
            context.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"{report.SkippedSegments} segments stay as they are: they cannot be read, or there is no room"));
        }

        if (report.Eviction is { IsTargetMet: false })
        {
            context.Warn("the limits are not met: pinned artifacts, or no room for what their removal writes");
        }

        if (report.Damage.Count == 0)
        {
            return report.SkippedSegments > 0 || report.Eviction is { IsTargetMet: false }
                ? ExitCode.Warnings
                : ExitCode.Ok;
        }

        context.SuggestNext(NextStep.AfterRepair(path));
        context.Alarm?.Line("exit 3 (damage)");
        return ExitCode.Damage;
    }

    private static void Print(CommandContext context, CompactionReport report)
    {
        if (context.Text is { } text)
        {
            (CompactionTotals before, CompactionTotals after) = (report.Before, report.After);
            text.Table(
                ["", ">BEFORE", ">AFTER"],
                [
                    ["artifacts", Number(before.Artifacts), Number(after.Artifacts)],
                    ["segments", Number(before.Segments), Number(after.Segments)],
                    ["in segments", SizeText.Format(before.SegmentBytes), SizeText.Format(after.SegmentBytes)],
                    ["live", SizeText.Format(before.LiveBytes), SizeText.Format(after.LiveBytes)],
                    ["dead", SizeText.Format(before.DeadBytes), SizeText.Format(after.DeadBytes)],
                    ["loose", SizeText.Format(before.LooseBytes), SizeText.Format(after.LooseBytes)],
                ]);
            text.Blank();
            text.Field("freed", SizeText.Format(report.FreedBytes));
            text.Field("swept", $"{SizeText.Format(report.SweptBytes)}, {Number(report.SweptFiles)} orphaned files");
            string copied = Number(report.RelocatedRecords);
            text.Field("written", $"{SizeText.Format(report.WrittenBytes)}, {copied} records copied");
        }

        if (report.Damage.Count > 0 && context.Alarm is { } alarm)
        {
            alarm.Line("DAMAGE", Tone.Bad);
            foreach (VerifyFinding finding in report.Damage)
            {
                alarm.Line($"  {Printable.Escape(finding.File)} @ 0x{finding.Offset:x8}   {finding.Key}");
                alarm.Line($"     {Printable.Escape(finding.Detail)}");
            }

            string lost = Number(report.Damage.Count(
                static f => f is { Key: not null, Kind: not VerifyFindingKind.Loose }));
            alarm.Field("LOST", $"{lost} artifacts: they will be misses; their bytes are in quarantine/", Tone.Bad);
            if (report.Damage.Count(static f => f.Kind == VerifyFindingKind.Loose) is > 0 and int files)
            {
                alarm.Field("LOST", $"{Number(files)} loose files: what names them is a miss", Tone.Bad);
            }
        }
    }

    private static void Write(Utf8JsonWriter json, CompactionReport report)
    {
        WriteTotals(json, "before", report.Before);
        WriteTotals(json, "after", report.After);
        json.WriteNumber("freedBytes", report.FreedBytes);
        json.WriteNumber("writtenBytes", report.WrittenBytes);
        json.WriteNumber("evicted", report.Eviction?.Artifacts ?? 0);
        json.WriteNumber("evictedBytes", report.Eviction?.Bytes ?? 0);
        json.WriteNumber("sweptFiles", report.SweptFiles);
        json.WriteNumber("sweptBytes", report.SweptBytes);
        json.WriteNumber("removedSegments", report.RemovedSegments);
        json.WriteNumber("writtenSegments", report.WrittenSegments);
        json.WriteNumber("skippedSegments", report.SkippedSegments);
        json.WriteNumber("relocatedRecords", report.RelocatedRecords);
        CompactRewriting.Write(json, report);
        json.WriteNumber("keptTombstones", report.KeptTombstones);
        json.WriteNumber("droppedTombstones", report.DroppedTombstones);
        json.WriteNumber("writeAmplification", Math.Round(report.WriteAmplification, 3));
        json.WriteStartArray("damage");
        foreach (VerifyFinding finding in report.Damage)
        {
            json.WriteStartObject();
            json.WriteString("file", finding.File);
            json.WriteNumber("offset", finding.Offset);
            if (finding.Key is { } key)
            {
                json.WriteString("key", key.ToString());
            }

            json.WriteString("detail", finding.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTotals(Utf8JsonWriter json, string name, CompactionTotals totals)
    {
        json.WriteStartObject(name);
        json.WriteNumber("artifacts", totals.Artifacts);
        json.WriteNumber("segments", totals.Segments);
        json.WriteNumber("segmentBytes", totals.SegmentBytes);
        json.WriteNumber("liveBytes", totals.LiveBytes);
        json.WriteNumber("deadBytes", totals.DeadBytes);
        json.WriteNumber("looseBytes", totals.LooseBytes);
        json.WriteEndObject();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Relay(ProgressMeter meter) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) =>
            meter.Report(new ProgressPoint(value.DoneBytes, value.TotalBytes, value.DoneItems, value.Findings));
    }
}
