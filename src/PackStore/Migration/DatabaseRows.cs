using PackStore.Migration.Legacy;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>The rows of a root's <c>index.redb</c>, one by one.</summary>
internal static class DatabaseRows
{
    /// <summary>Reads them; what cannot be read gets a line in the report.</summary>
    public static IEnumerable<(string Key, ReadOnlyMemory<byte> Value)> Read(
        LegacyRoot root, MigrationTally tally, RootProgress rows)
    {
        if (root.Directory.Examine(LegacyNames.Database, out _) == ForeignStatus.Absent)
        {
            yield break;
        }

        rows.NoteLeft(isRow: false, isDatabase: true);
        tally.Skip(root, EntryOutcome.Refuse(null, LegacyNames.Database, SkipReasons.Database));
    }
}
