using System.CommandLine;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Gets outputs or a stream of one artifact. A damaged one is never delivered, not even in part.</summary>
internal sealed class GetCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();
    private readonly Argument<string> _key = new("KEY") { Description = "2 to 128 hexadecimal digits." };

    private readonly Option<string> _output = new("--output")
    {
        Description = "Which output: digits are an index, anything else a name.",
        HelpName = "I|NAME",
    };

    private readonly Option<string> _path = new("-o")
    {
        Description = "The file to make; - is standard output.",
        HelpName = "PATH",
    };

    private readonly Option<string> _toDirectory = new("--to-dir")
    {
        Description = "Deliver all outputs by their names into a directory.",
        HelpName = "DIR",
    };

    private readonly Option<LinkPolicy> _link = new("--link")
    {
        Description = "How files get their bytes: auto, reflink, hardlink or copy.",
        HelpName = "auto|reflink|hardlink|copy",
        CustomParser = CommonOptions.OneOf(
            "--link",
            ("auto", LinkPolicy.Auto),
            ("reflink", LinkPolicy.Reflink),
            ("hardlink", LinkPolicy.HardLink),
            ("copy", LinkPolicy.Copy)),
    };

    private readonly Option<string> _stream = new("--stream")
    {
        Description = "Get what the action wrote: stdout or stderr.",
        HelpName = "stdout|stderr",
        CustomParser = CommonOptions.OneOf("--stream", ("stdout", "stdout"), ("stderr", "stderr")),
    };

    private readonly Option<bool> _noTouch = new("--no-touch") { Description = "Leave the time of last use alone." };

    public GetCommand() => Command = new Command("get", "Get the outputs or a stream of one artifact.")
    {
        _store, _key, _output, _path, _toDirectory, _link, _stream, _noTouch,
    };

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        ArtifactKey key = KeyText.Parse(context.Get(_key));
        GetRequest request = ReadRequest(context);
        using ArtifactStore store = StoreAccess.OpenForReading(path);
        cancellationToken.ThrowIfCancellationRequested();
        if (!store.TryGetMetadata(key, out ArtifactMetadata? artifact))
        {
            throw GetDelivery.ExplainMiss(context, path, key);
        }

        GetDelivery delivery = new(context, path, artifact, request);
        context.Result.Fields = delivery.WriteFields;
        return await delivery.RunAsync(store, cancellationToken);
    }

    private GetRequest ReadRequest(CommandContext context)
    {
        GetRequest request = new()
        {
            Output = context.Get(_output),
            Path = context.Get(_path),
            ToDirectory = context.Get(_toDirectory),
            Stream = context.Get(_stream),
            Link = context.Get(_link),
            Touch = !context.Get(_noTouch),
        };
        if (request.ToDirectory is not null && (request.Path ?? request.Output ?? request.Stream) is not null)
        {
            throw ToolException.Usage("--to-dir delivers all outputs: leave out --output, -o and --stream.");
        }

        if (request.Stream is not null && request.Output is not null)
        {
            throw ToolException.Usage("--stream and --output exclude each other.");
        }

        if (request is { ToDirectory: null, Path: null, Stream: null })
        {
            throw ToolException.Usage("say where to: -o PATH, -o - for standard output, or --to-dir DIR.");
        }

        if (request.ToDirectory is "" || request.Path is "")
        {
            throw ToolException.Usage("-o and --to-dir need a path that is not empty.");
        }

        if (context.Json && request.WritesToStandardOutput)
        {
            throw ToolException.Usage("--json and bytes on standard output exclude each other: say -o PATH.");
        }

        return request;
    }
}
