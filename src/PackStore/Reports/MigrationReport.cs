namespace PackStore;

/// <summary>What a migration found and did; in a dry run, would do.</summary>
public sealed class MigrationReport
{
    internal MigrationReport(bool isDryRun) => IsDryRun = isDryRun;

    /// <summary>Whether nothing was changed.</summary>
    public bool IsDryRun { get; }

    /// <summary>The caches that were found, in the order they were worked on: newest first.</summary>
    public IReadOnlyList<MigrationRoot> Roots { get; internal set; } = [];

    /// <summary>Artifacts brought in.</summary>
    public long Imported { get; internal set; }

    /// <summary>Entries whose content the store had already.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Entries left out, for whatever reason.</summary>
    public long Skipped { get; internal set; }

    /// <summary>Entries left out because something is wrong with them: <see cref="Skipped"/> but for those that the
    /// store has in a version as new or newer.</summary>
    public long Refused { get; internal set; }

    /// <summary>How many entries were left out for each reason.</summary>
    public IReadOnlyDictionary<string, long> Reasons { get; internal set; } = new Dictionary<string, long>();

    /// <summary>Entries that met other content at their key, in the store or in another cache; the newer one
    /// stays.</summary>
    public long Conflicts { get; internal set; }

    /// <summary>Sound generations that no index names: their bytes are known and nothing else. They are not
    /// imported.</summary>
    public long Nameless { get; internal set; }

    /// <summary>Length of the outputs that were imported.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Bytes that was imported takes in the store.</summary>
    public long NeededBytes { get; internal set; }

    /// <summary>Bytes that were free where the store is, before anything was done.</summary>
    public long AvailableBytes { get; internal set; }

    /// <summary>Source files that were deleted.</summary>
    public long DeletedFiles { get; internal set; }

    /// <summary>Length of those.</summary>
    public long DeletedBytes { get; internal set; }

    /// <summary>Source files that were to be deleted and could not be.</summary>
    public long UndeletedFiles { get; internal set; }

    /// <summary>Whether a daemon was seen at work in one of the caches.</summary>
    public bool HasLiveDaemon => Roots.Any(static r => r.IsLive);
}
