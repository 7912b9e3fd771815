using System.CommandLine;
using System.Globalization;
using PackStore.Tools.Output;
using PackStore.Tools.Stores;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>Removes artifacts. What is present goes, also if others are missing.</summary>
internal sealed class RemoveCommand : IVerb
{
    private readonly Argument<string> _store = CommonOptions.Store();
    private readonly Argument<string[]> _keys = new("KEY")
    {
        Description = "2 to 128 hexadecimal digits each.",
        Arity = ArgumentArity.OneOrMore,
    };

    public RemoveCommand() => Command = new Command("rm", "Remove artifacts.") { _store, _keys }.WithDryRun();

    /// <inheritdoc/>
    public Command Command { get; }

    /// <inheritdoc/>
    public async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        string path = context.GetPath(_store);
        ArtifactKey[] keys = [.. context.Get(_keys).Select(KeyText.Parse).Distinct()];
        List<ArtifactKey> removed = [];
        List<ArtifactKey> missing = [];
        context.Result.Fields = json =>
        {
            json.WriteString("store", path);
            json.WriteNumber("removed", removed.Count);
            json.WriteNumber("missing", missing.Count);
            json.WriteStartArray("missingKeys");
            foreach (ArtifactKey key in missing)
            {
                json.WriteStringValue(key.ToString());
            }

            json.WriteEndArray();
        };
        if (context.DryRun)
        {
            using ArtifactStore store = StoreAccess.OpenForLooking(path);
            foreach (ArtifactKey key in keys)
            {
                (store.Contains(key) ? removed : missing).Add(key);
            }
        }
        else
        {
            await RemoveAsync(path, keys, removed, missing, cancellationToken);
        }

        context.AnnouncePlan();
        context.Text?.Field("removed", removed.Count.ToString(CultureInfo.InvariantCulture));
        foreach (ArtifactKey key in missing)
        {
            context.Alarm?.Field("missing", key.ToString(), Tone.Warning);
        }

        return context.Finish(missing.Count == 0 ? ExitCode.Ok : ExitCode.NotFound, removed.Count > 0);
    }

    private static async Task RemoveAsync(
        string path,
        ArtifactKey[] keys,
        List<ArtifactKey> removed,
        List<ArtifactKey> missing,
        CancellationToken cancellationToken)
    {
        await using ArtifactStore store =
            StoreAccess.OpenForWriting(path, new PackStoreOptions { CreateIfMissing = false });
        foreach (ArtifactKey key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (await store.RemoveAsync(key, cancellationToken) ? removed : missing).Add(key);
        }

        await store.FlushAsync(cancellationToken);
    }
}
