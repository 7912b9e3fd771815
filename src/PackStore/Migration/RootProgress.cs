using PackStore.Migration.Legacy;

namespace PackStore.Migration;

/// <summary>The rows of one root, and whether all of them are in the store: only then may their index go.</summary>
internal sealed class RootProgress(LegacyIndex? index)
{
    private volatile bool _rowsLeft;
    private volatile bool _databaseRowsLeft;

    /// <summary>The rows of <c>index.bin</c>, if it can be read.</summary>
    public LegacyIndex? Index => index;

    /// <summary>Whether a row of <c>index.bin</c> is not in the store.</summary>
    public bool HasRowsLeft => _rowsLeft;

    /// <summary>Whether something in <c>index.redb</c> is not in the store.</summary>
    public bool HasDatabaseRowsLeft => _databaseRowsLeft;

    /// <summary>An entry stays out of the store.</summary>
    public void NoteLeft(bool isRow, bool isDatabase)
    {
        _rowsLeft |= isRow;
        _databaseRowsLeft |= isDatabase;
    }
}
