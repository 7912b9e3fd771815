namespace PackStore;

/// <summary>One piece of damage.</summary>
public sealed class VerifyFinding
{
    internal VerifyFinding(
        VerifyFindingKind kind, string file, long offset, long length, ArtifactKey? key, string detail)
    {
        Kind = kind;
        File = file;
        Offset = offset;
        Length = length;
        Key = key;
        Detail = detail;
    }

    /// <summary>What kind.</summary>
    public VerifyFindingKind Kind { get; }

    /// <summary>The file, relative to the store.</summary>
    public string File { get; }

    /// <summary>Offset in that file, in bytes.</summary>
    public long Offset { get; }

    /// <summary>How many bytes from there on are no good; 0 where that is not known.</summary>
    public long Length { get; }

    /// <summary>The artifact it hit, if one could be told.</summary>
    public ArtifactKey? Key { get; }

    /// <summary>What was found and what was expected.</summary>
    public string Detail { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {File}@{Offset} {Key}: {Detail}";
}
