namespace PackStore.Migration.Legacy.Redb;

/// <summary>
/// A redb database, format 2 or 3, read without writing: whichever of its two commits is to be believed, and of that
/// every row whose pages have their checksums. What is lost is noted and the rest goes on.
/// </summary>
/// <remarks>Not safe to share between threads.</remarks>
internal sealed class RedbReader
{
    private readonly ILegacyBytes _bytes;
    private readonly RedbGeometry _geometry;
    private readonly RedbSlot _slot;
    private readonly List<RedbLoss> _losses = [];

    private RedbReader(ILegacyBytes bytes, RedbHeader header, RedbSlot slot)
    {
        _bytes = bytes;
        _geometry = header.Geometry;
        _slot = slot;
        WasUnclean = header.NeedsRecovery;
    }

    /// <summary>2 or 3.</summary>
    public int FormatVersion => _slot.FormatVersion;

    /// <summary>Number of the commit that is read.</summary>
    public ulong TransactionId => _slot.TransactionId;

    /// <summary>The last writer was killed: the commit was chosen by reading all of it.</summary>
    public bool WasUnclean { get; }

    /// <summary>What could not be read so far; grows while rows are enumerated.</summary>
    public IReadOnlyList<RedbLoss> Losses => _losses;

    /// <summary>Chooses the commit. An unclean file is read in full for that.</summary>
    public static bool TryOpen(ILegacyBytes bytes, out RedbReader? reader, out LegacyProblem problem)
    {
        byte[] front = new byte[RedbHeader.Size];
        int length = bytes.Read(0, front);
        reader = null;
        if (!RedbHeader.TryRead(front.AsSpan(0, length), out RedbHeader? header, out problem))
        {
            return false;
        }

        if (!RedbPages.IsCountable(bytes.Length, header!.Geometry))
        {
            problem = LegacyProblem.TooLong;
            return false;
        }

        // If no commit is whole, the one to be believed first is read as far as it goes.
        IReadOnlyList<RedbSlot> candidates = header.Candidates();
        RedbSlot chosen = candidates[0];
        if (header.NeedsRecovery)
        {
            chosen = candidates.FirstOrDefault(slot => new RedbReader(bytes, header, slot).IsWhole()) ?? chosen;
        }

        reader = new RedbReader(bytes, header, chosen);
        return true;
    }

    /// <summary>Names of the tables.</summary>
    public IEnumerable<string> TableNames()
    {
        foreach (RedbEntry entry in Definitions(NewPages()))
        {
            if (entry.TryGetKeyText(out string name))
            {
                yield return name;
            }
        }
    }

    /// <summary>The rows of a table from text to bytes, in the order of their keys; none if there is no such
    /// table.</summary>
    public IEnumerable<RedbEntry> Rows(string table)
    {
        RedbPages pages = NewPages();
        if (FindTable(pages, table) is not { Root: { } root } found)
        {
            yield break;
        }

        if (!found.IsTextToBytes)
        {
            _losses.Add(new RedbLoss(root.Page, LegacyProblem.BadTable));
            yield break;
        }

        int lossesBefore = _losses.Count;
        ulong count = 0;
        foreach (RedbEntry entry in RedbTree.Walk(pages, root, _losses))
        {
            count++;
            yield return entry;
        }

        if (count != found.Count && _losses.Count == lossesBefore)
        {
            _losses.Add(new RedbLoss(root.Page, LegacyProblem.CountMismatch));
        }
    }

    private RedbPages NewPages() => new(_bytes, _geometry);

    private IEnumerable<RedbEntry> Definitions(RedbPages pages) =>
        _slot.UserRoot is { } root ? RedbTree.Walk(pages, root, _losses) : [];

    private RedbTable? FindTable(RedbPages pages, string name)
    {
        RedbTable? found = null;
        foreach (RedbEntry entry in Definitions(pages))
        {
            if (entry.TryGetKeyText(out string text) && text == name)
            {
                found = RedbTable.TryRead(entry.Value.Span);
                if (found is null)
                {
                    _losses.Add(new RedbLoss(0, LegacyProblem.BadTable));
                }
            }
        }

        return found;
    }

    // Whether every page of every table is there that could be read at all.
    private bool IsWhole()
    {
        RedbPages pages = NewPages();
        foreach (RedbEntry entry in Definitions(pages))
        {
            if (RedbTable.TryRead(entry.Value.Span) is not { } table)
            {
                return false;
            }

            if (table is { IsTextToBytes: true, Root: { } root })
            {
                ulong count = 0;
                foreach (RedbEntry row in RedbTree.Walk(pages, root, _losses))
                {
                    count++;
                }

                if (count != table.Count)
                {
                    return false;
                }
            }
        }

        return _losses.Count == 0;
    }
}
