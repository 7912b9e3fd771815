using System.CommandLine;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Creates an empty store. A store that is there already is left as it is.</summary>
internal sealed class InitCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();

    private readonly Option<string> _segmentSize = new("--segment-size")
    {
        Description = "Size of a segment: 4 KiB to 1 GiB, a multiple of 4096. 256 MiB by default.",
        HelpName = "SIZE",
    };

    public InitCommand() =>
        Command = new Command("init", "Create an empty store.") { _store, _segmentSize }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        long? segmentSize = ParseSegmentSize(context.Get(_segmentSize));
        bool create = StoreAccess.Look(path) is StorePlace.Absent or StorePlace.EmptyDirectory;
        cancellationToken.ThrowIfCancellationRequested();
        if (!create)
        {
            segmentSize = CheckExisting(path, segmentSize);
        }
        else if (!context.DryRun)
        {
            await using ArtifactStore store = StoreAccess.OpenForWriting(
                path, new PackStoreOptions { SegmentSizeBytes = segmentSize });
            await store.FlushAsync(cancellationToken);
            segmentSize = store.GetStats().SegmentSizeBytes;
        }

        Report(context, path, create, segmentSize);
        return context.Finish(ExitCode.Ok, create);
    }

    private static void Report(CommandContext context, string path, bool create, long? segmentSize)
    {
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteBoolean("created", create);
            if (segmentSize is { } size)
            {
                json.WriteNumber("segmentSize", size);
            }
        };
        context.AnnouncePlan();
        context.Text?.Field("store", path);
        context.Text?.Field("created", create ? "yes" : "no, it is a store already", create ? Tone.Good : Tone.Plain);
        if (segmentSize is { } bytes)
        {
            context.Text?.Field("segments", SizeText.Format(bytes));
        }
    }

    private static long CheckExisting(string path, long? wanted)
    {
        using ArtifactStore store = StoreAccess.OpenForReading(path);
        long found = store.GetStats().SegmentSizeBytes;
        return wanted is { } size && size != found
            ? throw ToolException.Failed(
                $"{path} is a store already, with segments of {found} bytes instead of {size}.")
            : found;
    }

    private static long? ParseSegmentSize(string? text)
    {
        if (text is null)
        {
            return null;
        }

        long size = SizeText.Parse(text, "--segment-size");
        return size is >= PackStoreOptions.MinSegmentSizeBytes and <= PackStoreOptions.MaxSegmentSizeBytes
            && size % 4096 == 0
            ? size
            : throw ToolException.Usage($"--segment-size: '{text}' is not 4 KiB to 1 GiB and a multiple of 4096.");
    }
}
