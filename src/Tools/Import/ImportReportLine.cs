namespace PackStore.Tools.Import;

/// <summary>What became of one entry of a source.</summary>
/// <param name="Key">Its artifact's key; <see langword="null"/> if it got none.</param>
/// <param name="Source">Its path under the source.</param>
/// <param name="Result"><c>imported</c>, <c>duplicate</c> or <c>skipped</c>.</param>
/// <param name="Reason">Why it was skipped.</param>
internal readonly record struct ImportReportLine(ArtifactKey? Key, string Source, string Result, string? Reason)
{
    /// <summary>A new artifact.</summary>
    public static ImportReportLine Imported(ArtifactKey key, string source) => new(key, source, "imported", null);

    /// <summary>Content that was there already.</summary>
    public static ImportReportLine Duplicate(ArtifactKey key, string source) => new(key, source, "duplicate", null);

    /// <summary>Left out.</summary>
    public static ImportReportLine Skipped(string source, string reason) => new(null, source, "skipped", reason);
}
