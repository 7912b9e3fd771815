using System.Text.Json;

namespace PackStore.Tools.Output;

/// <summary>What a run has to report so far. A verb fills it as it goes, so that a failure half-way still tells how
/// far it came.</summary>
internal sealed class CommandResult
{
    /// <summary>Writes the verb's own fields; reads nothing but memory.</summary>
    public Action<Utf8JsonWriter>? Fields { get; set; }

    /// <summary>What to run next.</summary>
    public List<string> Next { get; } = [];

    /// <summary>What the user should know though it failed nothing.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Whether this is a plan.</summary>
    public bool DryRun { get; init; }
}
