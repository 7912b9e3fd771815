using System.CommandLine;
using System.IO.Pipelines;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Puts one artifact of zero or more files.</summary>
internal sealed class PutCommand : IVerb
{
    private readonly Argument<string> _store =
        CommonOptions.Store("The store's directory; created where it is absent or empty.");
    private readonly Argument<string> _key = new("KEY") { Description = "2 to 128 hexadecimal digits." };
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "The outputs, in order.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _names = new("--name")
    {
        Description = "The name of an output; once a FILE, in the same order. The file's own by default.",
        HelpName = "NAME",
    };

    private readonly Option<string> _stdoutFile = new("--stdout-file")
    {
        Description = "What the action wrote to standard output.",
        HelpName = "FILE",
    };

    private readonly Option<string> _stderrFile = new("--stderr-file")
    {
        Description = "What the action wrote to standard error.",
        HelpName = "FILE",
    };

    private readonly Option<int> _exitStatus =
        new("--exit-status") { Description = "The action's exit code.", HelpName = "N" };

    private readonly Option<Durability> _durability = new("--durability")
    {
        Description = "What the put survives: none (kill -9), flush or commit (power loss). flush by default.",
        HelpName = "none|flush|commit",
        DefaultValueFactory = static _ => Durability.OnFlush,
        CustomParser = CommonOptions.OneOf(
            "--durability", ("none", Durability.None), ("flush", Durability.OnFlush), ("commit", Durability.OnCommit)),
    };

    public PutCommand() => Command = new Command("put", "Put one artifact.")
    {
        _store, _key, _files, _names, _stdoutFile, _stderrFile, _exitStatus, _durability,
    }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        ArtifactKey key = KeyText.Parse(context.Get(_key));
        IReadOnlyList<PutFile> files = PutFile.Resolve(context.Get(_files), context.Get(_names) ?? []);
        Durability durability = context.Get(_durability);
        ArtifactOutcome outcome = new()
        {
            ExitCode = context.Get(_exitStatus),
            StandardOutput = await ReadStreamAsync(context.Get(_stdoutFile), cancellationToken),
            StandardError = await ReadStreamAsync(context.Get(_stderrFile), cancellationToken),
        };
        bool replaces = context.DryRun
            ? Plan(path, key)
            : await PutAsync(path, key, outcome, files, durability, cancellationToken);
        Report(context, path, key, files, replaces);
        return context.Finish(ExitCode.Ok, changes: true);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadStreamAsync(string? path,
        CancellationToken cancellationToken) =>
        path is null ? ReadOnlyMemory<byte>.Empty : await File.ReadAllBytesAsync(path, cancellationToken);

    private static bool Plan(string path, ArtifactKey key)
    {
        using ArtifactStore? store = StoreAccess.OpenForPlan(path);
        return store is not null && store.Contains(key);
    }

    private static async Task<bool> PutAsync(
        string path,
        ArtifactKey key,
        ArtifactOutcome outcome,
        IReadOnlyList<PutFile> files,
        Durability durability,
        CancellationToken cancellationToken)
    {
        await using ArtifactStore store =
            StoreAccess.OpenForWriting(path, new PackStoreOptions { Durability = durability });
        bool replaces = store.Contains(key);
        List<FileStream> streams = [];
        try
        {
            ArtifactPayload[] payloads = [.. files.Select(f => MakePayload(f, streams))];
            await store.PutAsync(key, outcome, payloads, cancellationToken);
        }
        finally
        {
            foreach (FileStream stream in streams)
            {
                await stream.DisposeAsync();
            }
        }

        if (durability == Durability.OnFlush)
        {
            await store.FlushAsync(cancellationToken);
        }

        return replaces;
    }

    private static ArtifactPayload MakePayload(PutFile file, List<FileStream> streams)
    {
        if (file.IsRegular)
        {
            return ArtifactPayload.FromFile(file.Name, file.Path);
        }

        // A pipe, as of a shell's <(command): its length is known at its end only.
        FileStream stream = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, useAsync: true);
        streams.Add(stream);
        return ArtifactPayload.FromPipe(file.Name, PipeReader.Create(stream));
    }

    private static void Report(
        CommandContext context, string path, ArtifactKey key, IReadOnlyList<PutFile> files, bool replaces)
    {
        long bytes = files.Sum(static f => f.Length);
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteString("key", key.ToString());
            json.WriteStartArray("outputs");
            foreach (PutFile file in files)
            {
                json.WriteStartObject();
                json.WriteString("name", file.Name);
                json.WriteNumber("size", file.Length);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("bytes", bytes);
            json.WriteBoolean("replaced", replaces);
        };
        context.AnnouncePlan();
        context.Text?.Field("key", key.ToString());
        context.Text?.Field("outputs", $"{files.Count}, {SizeText.Format(bytes)}");
        if (replaces)
        {
            context.Text?.Field("replaces", "an artifact with the same key");
        }
    }
}
