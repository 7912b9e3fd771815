namespace PackStore;

/// <summary>What a verification found.</summary>
public sealed class VerifyReport
{
    /// <summary>How deep it read.</summary>
    public VerifyLevel Level { get; internal init; }

    /// <summary>Segments looked at.</summary>
    public long Segments { get; internal init; }

    /// <summary>Records looked at, dead ones and tombstones included.</summary>
    public long Records { get; internal init; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; internal init; }

    /// <summary>Loose files looked at.</summary>
    public long LooseFiles { get; internal init; }

    /// <summary>Damage, in the order of the files.</summary>
    public IReadOnlyList<VerifyFinding> Damage { get; internal init; } = [];

    /// <summary>Hints that were absent or wrong: not damage, they are rebuilt by the next writer.</summary>
    public IReadOnlyList<string> Notes { get; internal init; } = [];

    /// <summary>Artifacts that are misses because of the damage, as far as can be told.</summary>
    public long LostArtifacts { get; internal init; }

    /// <summary>Payloads of those.</summary>
    public long LostPayloads { get; internal init; }

    /// <summary>Bytes of those payloads.</summary>
    public long LostBytes { get; internal init; }

    /// <summary>Where to go on, as <see cref="VerifyOptions.FromSegment"/>, if the budget ended it before the end;
    /// <see langword="null"/> if it came to the end.</summary>
    public int? NextSegment { get; internal init; }

    /// <summary>Whether no damage was found.</summary>
    public bool IsClean => Damage.Count == 0;
}
