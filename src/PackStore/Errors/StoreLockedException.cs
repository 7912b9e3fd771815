namespace PackStore;

/// <summary>Another process, or another store object of this one, owns the store for writing.</summary>
public sealed class StoreLockedException : PackStoreException
{
    internal StoreLockedException(string file, int processId, string host, DateTimeOffset? since)
        : base($"{file} is held by process {processId} on {host} since " +
            $"{(since is { } t ? t.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", null) : "an unknown time")}.")
    {
        File = file;
        ProcessId = processId;
        Host = host;
        Since = since;
    }

    /// <summary>The holder's process id; 0 if it could not be read.</summary>
    public int ProcessId { get; }

    /// <summary>The holder's host name; <c>?</c> if it could not be read.</summary>
    public string Host { get; }

    /// <summary>When the holder opened the store.</summary>
    public DateTimeOffset? Since { get; }
}
