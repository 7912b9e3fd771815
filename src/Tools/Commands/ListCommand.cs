using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PackStore.Tools.Export;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Streams the artifacts, one a line. With <c>--json</c> each line is an object and there is nothing
/// else.</summary>
internal sealed class ListCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    public ListCommand() => Command = new Command("ls", "List the artifacts, one a line.")
    {
        _store, CommonOptions.Where, CommonOptions.UsedSince,
    };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        ArtifactFilter filter = ArtifactFilter.Parse(
            context.Get(CommonOptions.Where), context.Get(CommonOptions.UsedSince), context.Time.GetUtcNow());
        using ArtifactStore store = StoreAccess.OpenForReading(context.GetPath(_store));
        IEnumerable<ArtifactMetadata> artifacts = store.EnumerateArtifacts().Where(filter.Accepts);
        if (context.Json)
        {
            WriteLines(context.Console.StandardOutput, artifacts, cancellationToken);
        }
        else
        {
            WriteText(context, artifacts, cancellationToken);
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private static void WriteLines(
        Stream output, IEnumerable<ArtifactMetadata> artifacts, CancellationToken cancellationToken)
    {
        const int FlushAt = 64 << 10;
        ArrayBufferWriter<byte> buffer = new(2 * FlushAt);
        using Utf8JsonWriter json = new(buffer, JsonReport.WriterOptions);
        try
        {
            foreach (ArtifactMetadata artifact in artifacts)
            {
                cancellationToken.ThrowIfCancellationRequested();
                json.WriteStartObject();
                ArtifactJson.Write(json, artifact, full: false);
                json.WriteEndObject();
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
                if (buffer.WrittenCount >= FlushAt)
                {
                    output.Write(buffer.WrittenSpan);
                    buffer.ResetWrittenCount();
                }
            }
        }
        finally
        {
            // Complete lines only, also where the listing broke off; a started one has not been flushed into the
            // buffer.
            output.Write(buffer.WrittenSpan);
        }
    }

    private static void WriteText(
        CommandContext context, IEnumerable<ArtifactMetadata> artifacts, CancellationToken cancellationToken)
    {
        long count = 0;
        long bytes = 0;
        TextWriter output = context.Console.Out;
        foreach (ArtifactMetadata artifact in artifacts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (count++ == 0)
            {
                context.Text?.Line(
                    $"{"SIZE",11}  {"OUTPUTS",7}  {"EXIT",4}  {"STORED",-20}  {"LAST USED",-20}  KEY", Tone.Dim);
            }

            long size = artifact.Payloads.Sum(static p => p.Length);
            bytes += size;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{SizeText.Format(size),11}  {artifact.Payloads.Count,7}  {artifact.ExitCode,4}  "
                + $"{TimeText.Format(artifact.StoredAt),-20}  {TimeText.Format(artifact.LastUsed),-20}  "
                + $"{artifact.Key}"));
        }

        if (context.Console.OutIsTerminal)
        {
            context.Text?.Line($"{count} artifacts, {SizeText.Format(bytes)}", Tone.Dim);
        }
    }
}
