using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Export;
using PackStore.Tools.Files;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Makes a compact copy of a store, or of a part of it, as a new store.</summary>
internal sealed class ExportCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();
    private readonly Argument<string> _destination =
        new("DEST") { Description = "The new store; must be absent or empty." };

    public ExportCommand() => Command = new Command("export", "Copy a store, or a part of it, into a new one.")
    {
        _store, _destination, CommonOptions.Where, CommonOptions.UsedSince,
    }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        string destination = context.GetPath(_destination);
        ArtifactFilter filter = ArtifactFilter.Parse(
            context.Get(CommonOptions.Where), context.Get(CommonOptions.UsedSince), context.Time.GetUtcNow());
        ExportTally tally = new();
        context.Result.Fields = json => WriteFields(json, path, destination, tally, context.Elapsed);
        using ArtifactStore source = StoreAccess.OpenForReading(path);
        CheckDestination(path, destination);
        if (context.DryRun)
        {
            Plan(source, filter, tally, cancellationToken);
        }
        else
        {
            await ExportAsync(context, source, destination, filter, tally, cancellationToken);
        }

        if (tally.Damaged.Count > 0)
        {
            // A fresh look tells an artifact that was removed meanwhile from a damaged one.
            using ArtifactStore again = StoreAccess.OpenForLooking(path);
            tally.Damaged.RemoveAll(k => !again.Contains(k));
        }

        Print(context, destination, tally);
        return context.Finish(tally.Damaged.Count == 0 ? ExitCode.Ok : ExitCode.Damage, changes: true);
    }

    private static void CheckDestination(string path, string destination)
    {
        if (PathTree.IsAtOrUnder(PathTree.Real(destination), PathTree.Real(path)))
        {
            throw ToolException.Usage("DEST is the store or lies in it.");
        }

        if (StoreAccess.Look(destination) is StorePlace.Absent or StorePlace.EmptyDirectory)
        {
            return;
        }

        // Says so with exit 8 if it is no store either.
        using ArtifactStore other = StoreAccess.OpenForReading(destination);
        throw ToolException.Failed($"{destination} is a store already; DEST must be absent or empty.");
    }

    private static async Task ExportAsync(
        CommandContext context,
        ArtifactStore source,
        string destination,
        ArtifactFilter filter,
        ExportTally tally,
        CancellationToken cancellationToken)
    {
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = source.GetStats().SegmentSizeBytes,
            FlushInterval = Timeout.InfiniteTimeSpan,
        };
        await using ArtifactStore target = StoreAccess.OpenForWriting(destination, options);
        await using (ProgressMeter meter = context.StartProgress("export"))
        {
            await new StoreExport(source, target, tally, meter).RunAsync(filter, cancellationToken);
        }

        await target.FlushAsync(cancellationToken);
    }

    private static void Plan(
        ArtifactStore source, ArtifactFilter filter, ExportTally tally, CancellationToken cancellationToken)
    {
        foreach (ArtifactMetadata artifact in source.EnumerateArtifacts())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!filter.Accepts(artifact))
            {
                tally.LeftOut++;
            }
            else if (!StoreExport.IsReadable(source, artifact.Key))
            {
                tally.Damaged.Add(artifact.Key);
            }
            else
            {
                tally.Artifacts++;
                tally.Payloads += artifact.Payloads.Count;
                tally.Bytes += artifact.Payloads.Sum(static p => p.Length);
            }
        }
    }

    private static void WriteFields(
        Utf8JsonWriter json, string path, string destination, ExportTally tally, TimeSpan elapsed)
    {
        json.WriteString("store", path);
        json.WriteString("destination", destination);
        json.WriteNumber("exported", tally.Artifacts);
        json.WriteNumber("payloads", tally.Payloads);
        json.WriteNumber("bytes", tally.Bytes);
        json.WriteNumber("leftOut", tally.LeftOut);
        json.WriteNumber("damaged", tally.Damaged.Count);
        json.WriteStartArray("damagedKeys");
        foreach (ArtifactKey key in tally.Damaged)
        {
            json.WriteStringValue(key.ToString());
        }

        json.WriteEndArray();
        json.WriteNumber("elapsedMs", (long)elapsed.TotalMilliseconds);
    }

    private static void Print(CommandContext context, string destination, ExportTally tally)
    {
        context.AnnouncePlan();
        if (context.Text is { } text)
        {
            double seconds = Math.Max(context.Elapsed.TotalSeconds, 0.001);
            text.Field("store", destination);
            text.Field("exported", string.Create(
                CultureInfo.InvariantCulture,
                $"{tally.Artifacts} artifacts, {tally.Payloads} payloads, {SizeText.Format(tally.Bytes)} ")
                + string.Create(CultureInfo.InvariantCulture, $"in {seconds:0.0} s ")
                + $"({SizeText.Format((long)(tally.Bytes / seconds))}/s)");
            text.Field("left out", tally.LeftOut.ToString(CultureInfo.InvariantCulture));
        }

        foreach (ArtifactKey key in tally.Damaged)
        {
            context.Alarm?.Field("damaged", key.ToString(), Tone.Bad);
        }
    }
}
