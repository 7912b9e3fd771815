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

    private readonly Option<StatDetail> _by = new("--by")
    {
        Description = "Show also how artifacts are distributed by age or size, or how each segment is used.",
        HelpName = "age|size|segment",
        CustomParser = CommonOptions.OneOf(
            "--by", ("age", StatDetail.Age), ("size", StatDetail.Size), ("segment", StatDetail.Segment)),
    };

    public StatCommand() => Command = new Command("stat", "Show counts and sizes.") { _store, _by };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        using ArtifactStore store = StoreAccess.OpenForReading(path);
        cancellationToken.ThrowIfCancellationRequested();
        StatDetail by = context.Get(_by);
        StoreStats stats = store.GetStats();
        StatTables tables = new(
            stats, by is StatDetail.Age or StatDetail.Size ? store.GetDistribution(cancellationToken) : null, by);
        Guid id = store.StoreId;
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteString("storeId", id);
            WriteStats(json, stats);
            tables.Write(json);
        };
        if (context.Text is { } text)
        {
            text.Field("store", $"{path}   id {id}");
            Print(text, stats);
            tables.Print(text);
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
        json.WriteNumber("orphanedLooseFiles", stats.OrphanedLooseFiles);
        json.WriteNumber("orphanedLooseBytes", stats.OrphanedLooseBytes);
        json.WriteNumber("quarantineBytes", stats.QuarantineBytes);
        json.WriteNumber("diskBytes", stats.DiskBytes);
        json.WriteNumber("indexBytes", stats.IndexBytes);
        json.WriteNumber("segments", stats.Segments);
        json.WriteNumber("damagedHeaders", stats.DamagedHeaders);
        json.WriteNumber("segmentSize", stats.SegmentSizeBytes);
        json.WriteNumber("indexLoad", Math.Round(stats.IndexLoad, 4));
        StatTables.WriteAges(json, stats.Ages, withBytes: false);
        json.WriteStartArray("space");
        foreach (SpaceShare share in stats.Space)
        {
            json.WriteStartObject();
            json.WriteString("use", share.Name);
            json.WriteNumber("files", share.Files);
            json.WriteNumber("bytes", share.Bytes);
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
        if (stats.DamagedHeaders > 0)
        {
            text.Field("damaged", Invariant($"the headers of {stats.DamagedHeaders} segments; see 'packtool verify'"));
        }

        text.Field("index",
            Invariant($"{SizeText.Format(stats.IndexBytes)}, {100 * stats.IndexLoad:0.0} % of its slots in use"));
        text.Blank();
        text.Table(
            ["SPACE", ">FILES", ">BYTES", ">SHARE"],
            [.. stats.Space.Where(static s => s.Bytes != 0 || s.Files != 0).Select(s => SpaceRow(s, stats))]);
    }

    private static string[] SpaceRow(SpaceShare share, StoreStats stats) =>
    [
        share.Name,
        share.Files == 0 ? "" : Invariant($"{share.Files}"),
        Invariant($"{share.Bytes}"),
        Invariant($"{100.0 * share.Bytes / Math.Max(1, stats.DiskBytes):0.0} %"),
    ];

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
