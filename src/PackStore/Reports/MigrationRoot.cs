namespace PackStore;

/// <summary>One of the caches that were found in a legacy directory.</summary>
public sealed class MigrationRoot
{
    internal MigrationRoot(string path) => Path = path;

    /// <summary>Where it is below the directory, <c>/</c>-separated; empty for the directory itself.</summary>
    public string Path { get; }

    /// <summary>Entries found in it.</summary>
    public long Entries { get; internal set; }

    /// <summary>Whether a daemon held a lock in it, so that nothing was deleted and files may have changed
    /// meanwhile.</summary>
    public bool IsLive { get; internal set; }

    /// <summary>What its <c>.writer.lock</c> says of the daemon, usually its process id; empty if nothing.</summary>
    public string Daemon { get; internal set; } = "";
}
