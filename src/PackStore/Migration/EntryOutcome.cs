using PackStore.Engine.Importing;
using PackStore.Migration.Sources;

namespace PackStore.Migration;

/// <summary>What was found of one entry: an artifact made ready, one that the store holds, or a reason.</summary>
internal sealed class EntryOutcome
{
    /// <summary>The key as spelled.</summary>
    public required string? Key { get; init; }

    /// <summary>What is named in reports, below the root.</summary>
    public required string Source { get; init; }

    /// <summary>The artifact, to be appended.</summary>
    public ImportedPut? Put { get; init; }

    /// <summary>Whether the store holds it, by what its row says.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Why it is left out.</summary>
    public string? Reason { get; init; }

    /// <summary>Length of the outputs.</summary>
    public long Bytes { get; init; }

    /// <summary>Files to delete once the artifact is durable.</summary>
    public IReadOnlyList<SourceFile> Files { get; init; } = [];

    /// <summary>Left out.</summary>
    public static EntryOutcome Refuse(string? key, string source, string reason) =>
        new() { Key = key, Source = source, Reason = reason };
}
