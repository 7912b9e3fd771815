namespace PackStore;

/// <summary>How a legacy cache is brought in.</summary>
public sealed class MigrationOptions
{
    /// <summary>Whether each source file is deleted once its copy would survive a power cut. By default the source is
    /// left as it is, to the byte and without a new file.</summary>
    public bool MoveSource { get; init; }

    /// <summary>Whether only to find out what would be done. All checks are made, nothing is changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>How many entries are worked on at a time; 0 takes as many as there are processors, 2 to 4.</summary>
    public int MaxParallelism { get; init; }

    /// <summary>Told of each entry when what it says is so; by one thread at a time.</summary>
    public Action<MigrationEntry>? OnEntry { get; init; }
}
