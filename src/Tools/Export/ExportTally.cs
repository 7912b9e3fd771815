namespace PackStore.Tools.Export;

/// <summary>What an export has done so far.</summary>
internal sealed class ExportTally
{
    /// <summary>Artifacts taken over.</summary>
    public long Artifacts { get; set; }

    /// <summary>Their payloads.</summary>
    public long Payloads { get; set; }

    /// <summary>Bytes of their payloads.</summary>
    public long Bytes { get; set; }

    /// <summary>Artifacts that the conditions left out.</summary>
    public long LeftOut { get; set; }

    /// <summary>Keys of damaged artifacts, which cannot be taken over.</summary>
    public List<ArtifactKey> Damaged { get; } = [];
}
