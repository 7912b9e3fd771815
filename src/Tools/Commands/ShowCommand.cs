using System.CommandLine;
using System.Globalization;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Shows all that is known of one artifact without reading its payloads.</summary>
internal sealed class ShowCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();
    private readonly Argument<string> _key = new("KEY") { Description = "2 to 128 hexadecimal digits." };

    public ShowCommand() => Command = new Command("show", "Show one artifact.") { _store, _key };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        ArtifactKey key = KeyText.Parse(context.Get(_key));
        using ArtifactStore store = StoreAccess.OpenForLooking(path);
        cancellationToken.ThrowIfCancellationRequested();
        if (!store.TryGetMetadata(key, out ArtifactMetadata? artifact))
        {
            throw new ToolException(ExitCode.NotFound, $"{key}: no such artifact in {path}.");
        }

        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            ArtifactJson.Write(json, artifact, full: true);
        };
        if (context.Text is { } text)
        {
            Print(text, artifact);
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private static void Print(TextReport text, ArtifactMetadata artifact)
    {
        text.Field("key", artifact.Key.ToString());
        text.Field("stored", TimeText.Format(artifact.StoredAt));
        text.Field("last used", TimeText.Format(artifact.LastUsed));
        text.Field("exit code", artifact.ExitCode.ToString(CultureInfo.InvariantCulture));
        text.Field("stdout", SizeText.Format(artifact.StandardOutputLength));
        text.Field("stderr", SizeText.Format(artifact.StandardErrorLength));
        text.Field("provenance", ArtifactJson.NameOf(artifact.Provenance));
        if (artifact.Extra.Length > 0)
        {
            text.Field("extra", SizeText.Format(artifact.Extra.Length));
        }

        foreach (ArtifactVerdict verdict in artifact.Verdicts)
        {
            text.Field("verdict", $"{Printable.Escape(verdict.Name)}: exit {verdict.ExitCode}");
        }

        if (artifact.Payloads.Count == 0)
        {
            text.Field("outputs", "none");
            return;
        }

        text.Blank();
        text.Table(
            [">OUTPUT", ">SIZE", ">STORED", "ENCODING", "MODE", "TIER", "WHERE", "CHECKSUM", "NAME"],
            [.. artifact.Payloads.Select(Row)]);
    }

    private static string[] Row(PayloadInfo payload, int index) =>
    [
        index.ToString(CultureInfo.InvariantCulture),
        SizeText.Format(payload.Length),
        SizeText.Format(payload.StoredLength),
        ArtifactJson.NameOf(payload.Encoding),
        payload.Mode is { } mode ? ArtifactJson.FormatMode(mode) : "-",
        ArtifactJson.NameOf(payload.Tier),
        string.Create(CultureInfo.InvariantCulture, $"{payload.SegmentId:000000}@0x{payload.SegmentOffset:x8}"),
        ArtifactJson.FormatChecksum(payload.Checksum),
        Printable.Escape(payload.Name),
    ];
}
