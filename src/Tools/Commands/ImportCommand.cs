using System.CommandLine;
using PackStore.Tools.Files;
using PackStore.Tools.Import;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Brings the files of a directory, or a legacy cache, into a store.</summary>
internal sealed class ImportCommand : IVerb
{
    private readonly Argument<string> _store =
        CommonOptions.Store("The store's directory; created where it is absent or empty.");
    private readonly Argument<string> _source =
        new("SOURCE") { Description = "The directory or zccache cache to import. It is left as it is, unless --move." };

    private readonly Option<string> _from = new("--from")
    {
        Description =
            "What SOURCE is: auto, zccache (a legacy cache, whatever wrote it) or dir (each file an artifact, "
            + "its key the SHA-256 of its bytes).",
        HelpName = "auto|zccache|dir",
        DefaultValueFactory = static _ => "auto",
        CustomParser = CommonOptions.OneOf("--from", ("auto", "auto"), ("zccache", "zccache"), ("dir", "dir")),
    };

    private readonly Option<bool> _keepSource =
        new("--keep-source") { Description = "Leave SOURCE as it is; the default." };

    private readonly Option<bool> _move = new("--move")
    {
        Description = "Delete each file of a zccache SOURCE once its copy would survive a power cut.",
    };

    private readonly Option<string> _report = new("--report")
    {
        Description = "Write one JSON line an entry: key, source, result, reason.",
        HelpName = "FILE",
    };

    public ImportCommand() => Command =
        new Command("import", "Import a legacy zccache cache, or the files of a directory.")
    {
        _store, _source, _from, _keepSource, _move, _report,
    }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        string source = context.GetPath(_source);
        CheckSource(path, source);
        bool move = context.Get(_move);
        if (move && context.Get(_keepSource))
        {
            throw ToolException.Usage("--keep-source and --move exclude each other.");
        }

        string? from = context.Get(_from);
        if (from == "zccache" || (from == "auto" && LegacyCache.LooksLikeOne(source)))
        {
            return await MigrateAsync(context, path, source, move, cancellationToken);
        }

        if (move)
        {
            throw ToolException.Usage("--move is for zccache caches only.");
        }

        ImportTally tally = new();
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteString("source", source);
            json.WriteString("from", "dir");
            tally.WriteFields(json);
            json.WriteNumber("elapsedMs", (long)context.Elapsed.TotalMilliseconds);
        };
        try
        {
            await ImportAsync(context, path, source, tally, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            context.SuggestAfterFailure(
                $"packtool import {Printable.Quote(path)} {Printable.Quote(source)} --from dir");
            Print(context, tally);
            throw;
        }
        catch when (tally.HasEntries)
        {
            // What is in the store stays there.
            Print(context, tally);
            throw;
        }

        Print(context, tally);
        return context.Finish(tally.HasWarnings ? ExitCode.Warnings : ExitCode.Ok, tally.Imported > 0);
    }

    /// <summary>Refuses what is no directory, and what the store is or contains.</summary>
    internal static void CheckSource(string path, string source)
    {
        if (!Directory.Exists(source))
        {
            throw ToolException.Failed(
                File.Exists(source) ? $"{source} is a file, not a directory." : $"{source}: no such directory.");
        }

        if (PathTree.IsAtOrUnder(PathTree.Real(source), PathTree.Real(path)))
        {
            throw ToolException.Usage("SOURCE is the store or lies in it.");
        }
    }

    private async Task<ExitCode> MigrateAsync(
        CommandContext context, string path, string source, bool move, CancellationToken cancellationToken)
    {
        MigrationRun.CheckSource(source);
        MigrationRun run = new(context, path, source) { Move = move, ReportPath = context.Get(_report) };
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteString("source", source);
            json.WriteString("from", "zccache");
            run.WriteFields(json);
            json.WriteNumber("elapsedMs", (long)context.Elapsed.TotalMilliseconds);
        };
        try
        {
            await using ArtifactStore? store = context.DryRun
                ? StoreAccess.OpenForPlan(path)
                : StoreAccess.OpenForWriting(path, new PackStoreOptions());
            await run.RunAsync(store, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or StoreFullException)
        {
            // What is in the store stays there.
            string again = $"packtool import {Printable.Quote(path)} {Printable.Quote(source)} --from zccache";
            context.SuggestAfterFailure(move ? again + " --move" : again);
            throw;
        }

        context.AnnouncePlan();
        if (context.Text is { } text)
        {
            run.Print(text);
        }

        return context.Finish(run.HasWarnings ? ExitCode.Warnings : ExitCode.Ok, run.HasChanges);
    }

    private static void Print(CommandContext context, ImportTally tally)
    {
        context.AnnouncePlan();
        if (context.Text is { } text)
        {
            tally.Print(text, context.Elapsed);
        }
    }

    private async Task ImportAsync(
        CommandContext context, string path, string source, ImportTally tally, CancellationToken cancellationToken)
    {
        await using ArtifactStore? store = context.DryRun
            ? StoreAccess.OpenForPlan(path)
            : StoreAccess.OpenForWriting(path, new PackStoreOptions());
        string? reportPath = context.DryRun ? null : context.Get(_report);
        using ImportReportFile? report = reportPath is null ? null : new ImportReportFile(reportPath);
        List<(string Path, string Reason)> excluded = [(PathTree.Real(path), SkipReason.Store)];
        if (report is not null)
        {
            excluded.Add((PathTree.Real(report.FullPath), SkipReason.Report));
        }

        await using (ProgressMeter meter = context.StartProgress("import"))
        {
            DirectoryImport import = new(store, report, tally, meter, context.DryRun);
            await import.RunAsync(new DirectoryWalker(PathTree.Real(source), excluded, import.Skip), cancellationToken);
        }

        if (!context.DryRun)
        {
            await store!.FlushAsync(cancellationToken);
        }
    }
}
