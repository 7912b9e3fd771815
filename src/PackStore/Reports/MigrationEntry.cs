namespace PackStore;

/// <summary>What became of one entry of a legacy cache.</summary>
public sealed class MigrationEntry
{
    internal MigrationEntry(string? key, string source, MigrationResult result, string? reason, long bytes)
    {
        Key = key;
        Source = source;
        Result = result;
        Reason = reason;
        Bytes = bytes;
    }

    /// <summary>The key as the cache spells it, or what stands in its place; <see langword="null"/> for a file that
    /// holds many.</summary>
    public string? Key { get; }

    /// <summary>The file or directory that has its bytes, below the cache's directory, <c>/</c>-separated; the index
    /// where there is none.</summary>
    public string Source { get; }

    /// <summary>What became of it.</summary>
    public MigrationResult Result { get; }

    /// <summary>Why it was skipped, one stable word.</summary>
    public string? Reason { get; }

    /// <summary>Length of its outputs, as far as they were read.</summary>
    public long Bytes { get; }
}
