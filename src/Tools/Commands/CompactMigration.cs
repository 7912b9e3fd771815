using System.Text.Json;
using PackStore.Tools.Import;
using PackStore.Tools.Values;

namespace PackStore.Tools.Commands;

/// <summary>What <c>compact --migrate</c> brings in before it compacts; nothing where that was not asked for.</summary>
internal sealed class CompactMigration
{
    private readonly CommandContext _context;
    private readonly string _path;
    private readonly string _root = "";
    private readonly MigrationRun? _run;

    public CompactMigration(CommandContext context, string path, string? root)
    {
        _context = context;
        _path = path;
        if (root is not null)
        {
            _root = root.Length > 0 ? root : throw ToolException.Usage("--migrate: the path is empty.");
            ImportCommand.CheckSource(path, root);
            MigrationRun.CheckSource(root);
            _run = new MigrationRun(context, path, root);
        }
    }

    /// <summary>Whether it was asked for.</summary>
    public bool IsAsked => _run is not null;

    /// <summary>Whether anything was brought in, or would be.</summary>
    public bool HasChanges => _run is { HasChanges: true };

    /// <summary>How it ended.</summary>
    public ExitCode Code => _run is { HasWarnings: true } ? ExitCode.Warnings : ExitCode.Ok;

    /// <summary>Brings it in; null plans for a store that is not there.</summary>
    public async Task RunAsync(ArtifactStore? store, CancellationToken cancellationToken)
    {
        if (_run is null)
        {
            return;
        }

        try
        {
            await _run.RunAsync(store, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or StoreFullException)
        {
            // What is in the store stays there.
            _context.SuggestAfterFailure(
                $"packtool compact {Printable.Quote(_path)} --migrate {Printable.Quote(_root)}");
            throw;
        }
    }

    /// <summary>One object, <c>migration</c>, in the result.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        if (_run is not null)
        {
            json.WriteStartObject("migration");
            json.WriteString("source", _root);
            _run.WriteFields(json);
            json.WriteEndObject();
        }
    }

    /// <summary>The same for people.</summary>
    public void Print()
    {
        if (_run is not null && _context.Text is { } text)
        {
            _run.Print(text);
            text.Blank();
        }
    }
}
