using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Counts and sizes of a store.</summary>
internal sealed class StatCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    public StatCommand() => Command = new Command("stat", "Show counts and sizes.") { _store };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        using ArtifactStore store = StoreAccess.OpenForReading(path);
        cancellationToken.ThrowIfCancellationRequested();
        StoreStats stats = store.GetStats();
        Guid id = store.StoreId;
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteString("storeId", id);
            WriteStats(json, stats);
        };
        if (context.Text is { } text)
        {
            text.Field("store", $"{path}   id {id}");
            Print(text, stats);
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private static void WriteStats(Utf8JsonWriter json, StoreStats stats)
    {
        json.WriteNumber("artifacts", stats.Artifacts);
        json.WriteNumber("payloads", stats.Payloads);
        json.WriteNumber("liveBytes", stats.LiveBytes);
        json.WriteNumber("deadBytes", stats.DeadBytes);
        json.WriteNumber("reservedBytes", stats.ReservedBytes);
        json.WriteNumber("looseFiles", stats.LooseFiles);
        json.WriteNumber("looseBytes", stats.LooseBytes);
        json.WriteNumber("diskBytes", stats.DiskBytes);
        json.WriteNumber("indexBytes", stats.IndexBytes);
        json.WriteNumber("segments", stats.Segments);
        json.WriteNumber("segmentSize", stats.SegmentSizeBytes);
        json.WriteNumber("indexLoad", Math.Round(stats.IndexLoad, 4));
        json.WriteStartArray("ages");
        foreach (AgeBucket bucket in stats.Ages)
        {
            json.WriteStartObject();
            if (bucket.UpTo == TimeSpan.MaxValue)
            {
                json.WriteNull("upToSeconds");
            }
            else
            {
                json.WriteNumber("upToSeconds", (long)bucket.UpTo.TotalSeconds);
            }

            json.WriteNumber("artifacts", bucket.Artifacts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Print(TextReport text, StoreStats stats)
    {
        double used = stats.LiveBytes + stats.DeadBytes;
        string dead = used == 0 ? "0" : (100 * stats.DeadBytes / used).ToString("0.0", CultureInfo.InvariantCulture);
        text.Field("artifacts", Invariant($"{stats.Artifacts}, {stats.Payloads} payloads"));
        text.Field("live", SizeText.Format(stats.LiveBytes));
        text.Field("dead", $"{SizeText.Format(stats.DeadBytes)} ({dead} %)");
        text.Field("reserved", SizeText.Format(stats.ReservedBytes));
        text.Field("loose", Invariant($"{SizeText.Format(stats.LooseBytes)} in {stats.LooseFiles} files"));
        text.Field("disk", SizeText.Format(stats.DiskBytes));
        text.Field("segments", Invariant($"{stats.Segments} of {SizeText.Format(stats.SegmentSizeBytes)}"));
        text.Field("index",
            Invariant($"{SizeText.Format(stats.IndexBytes)}, {100 * stats.IndexLoad:0.0} % of its slots in use"));
        if (stats.Artifacts > 0 && stats.Ages.Count > 0)
        {
            text.Blank();
            text.Table(["LAST USED", ">ARTIFACTS", ">SHARE", ""], [.. stats.Ages.Select(b => AgeRow(b, stats))]);
        }
    }

    private static string[] AgeRow(AgeBucket bucket, StoreStats stats)
    {
        const int BarWidth = 24;
        double share = (double)bucket.Artifacts / stats.Artifacts;
        return
        [
            bucket.UpTo == TimeSpan.MaxValue ? "earlier" : $"< {AgeText.Format(bucket.UpTo)} ago",
            Invariant($"{bucket.Artifacts}"),
            Invariant($"{100 * share:0.0} %"),
            new string('#', Math.Clamp((int)Math.Round(BarWidth * share), 0, BarWidth)),
        ];
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
