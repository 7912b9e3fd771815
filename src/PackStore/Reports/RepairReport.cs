namespace PackStore;

/// <summary>What a repair found, did, and left.</summary>
public sealed class RepairReport
{
    internal RepairReport(VerifyReport before) => Before = before;

    /// <summary>What was found first.</summary>
    public VerifyReport Before { get; }

    /// <summary>What a full verification found when all was done; null where nothing was done.</summary>
    public VerifyReport? After { get; internal set; }

    /// <summary>Keys that damage is known to have hit, each once. A key may still be served by an older, sound
    /// version.</summary>
    public IReadOnlyList<ArtifactKey> HitKeys { get; internal set; } = [];

    /// <summary>Records copied out of damaged segments, or in a dry run to be copied.</summary>
    public long CopiedRecords { get; internal set; }

    /// <summary>Bytes of those.</summary>
    public long CopiedBytes { get; internal set; }

    /// <summary>Files put into <c>quarantine/</c>, by their names before; in a dry run those that would be.</summary>
    public IReadOnlyList<string> Quarantined { get; internal set; } = [];

    /// <summary>Whether anything was changed.</summary>
    public bool IsRepaired => After is not null;

    /// <summary>Whether no damage is left.</summary>
    public bool IsClean => (After ?? Before).IsClean;
}
