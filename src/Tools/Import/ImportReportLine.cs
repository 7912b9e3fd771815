namespace PackStore.Tools.Import;

/// <summary>What became of one entry of a source.</summary>
/// <param name="Key">Its artifact's key, or what a legacy cache has in its place; <see langword="null"/> if it got
/// none.</param>
/// <param name="Source">Its path under the source.</param>
/// <param name="Result"><c>imported</c>, <c>duplicate</c> or <c>skipped</c>.</param>
/// <param name="Reason">Why it was skipped.</param>
internal readonly record struct ImportReportLine(string? Key, string Source, string Result, string? Reason)
{
    /// <summary>A new artifact.</summary>
    public static ImportReportLine Imported(ArtifactKey key, string source) =>
        new(key.ToString(), source, "imported", null);

    /// <summary>Content that was there already.</summary>
    public static ImportReportLine Duplicate(ArtifactKey key, string source) =>
        new(key.ToString(), source, "duplicate", null);

    /// <summary>Left out.</summary>
    public static ImportReportLine Skipped(string source, string reason) => new(null, source, "skipped", reason);

    /// <summary>An entry of a legacy cache.</summary>
    public static ImportReportLine Of(MigrationEntry entry) => new(
        entry.Key, entry.Source, entry.Result switch
        {
            MigrationResult.Imported => "imported",
            MigrationResult.Duplicate => "duplicate",
            _ => "skipped",
        },
        entry.Reason);
}
