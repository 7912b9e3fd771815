namespace PackStore.Verification;

/// <summary>Collects damage and notes, and gives the damage back in the order of the files.</summary>
internal sealed class FindingCollector
{
    private readonly List<VerifyFinding> _damage = [];
    private readonly List<string> _notes = [];

    /// <summary>Pieces of damage so far.</summary>
    public int Count => _damage.Count;

    /// <summary>Notes, in the order they came.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Adds damage.</summary>
    public void Add(
        VerifyFindingKind kind, string file, long offset, ArtifactKey? key, string detail, long length = 0) =>
        _damage.Add(new VerifyFinding(kind, file, offset, length, key, detail));

    /// <summary>Adds a remark that is no damage.</summary>
    public void Note(string text) => _notes.Add(text);

    /// <summary>All damage by file, then offset.</summary>
    public IReadOnlyList<VerifyFinding> Sorted() =>
    [
        .. _damage.OrderBy(static f => f.File, StringComparer.Ordinal).ThenBy(static f => f.Offset)
            .ThenBy(static f => f.Kind),
    ];
}
