namespace PackStore.Tools.Verifying;

/// <summary>One piece of damage as the verbs tell it and as a verification in parts remembers it.</summary>
/// <param name="Kind">One lowercase word.</param>
/// <param name="File">The file, relative to the store.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Length">How many bytes are no good; 0 where that is not known.</param>
/// <param name="Key">The artifact in hex, if one could be told.</param>
/// <param name="Detail">What was found and what was expected.</param>
internal sealed record DamageItem(string Kind, string File, long Offset, long Length, string? Key, string Detail)
{
    /// <summary>That of a report.</summary>
    public static DamageItem Of(VerifyFinding finding) => new(
        NameOf(finding.Kind), finding.File, finding.Offset, finding.Length, finding.Key?.ToString(), finding.Detail);

    /// <summary>What this kind of damage most often comes from. A guess, and said to be one.</summary>
    public string? Hint => Kind switch
    {
        "identity" => "a bad sector, or another program wrote to STORE; the other copy, or a segment, has it",
        "checkpoint" => "a lost write or a file put back from a backup; it is made again from the segments",
        "segment" when Detail.Contains("absent", StringComparison.Ordinal) =>
            "the file was deleted, or the store was copied without it",
        "segment" when Detail.Contains("expected at least", StringComparison.Ordinal) =>
            "the file was cut off: a full disk while it was copied, or a file system repaired after a crash",
        "loose" when Detail.Contains("absent", StringComparison.Ordinal) =>
            "the file was deleted by hand or by a cleaner",
        "loose" => "the file was written to from outside, or its disk has lost a write",
        "header" when Detail.Contains("expected Artifact", StringComparison.Ordinal) =>
            "another record stands there: a misplaced write",
        "payload" or "metadata" or "header" or "directory" when Offset % 4096 == 0 =>
            "it begins with a block of the disk: more likely a lost or misplaced write than a flipped bit",
        _ => null,
    };

    private static string NameOf(VerifyFindingKind kind) => kind switch
    {
        VerifyFindingKind.Identity => "identity",
        VerifyFindingKind.Checkpoint => "checkpoint",
        VerifyFindingKind.Segment => "segment",
        VerifyFindingKind.Header => "header",
        VerifyFindingKind.Metadata => "metadata",
        VerifyFindingKind.Payload => "payload",
        VerifyFindingKind.Directory => "directory",
        VerifyFindingKind.Loose => "loose",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a name."),
    };
}
