using PackStore.Migration.Legacy.Redb;
using PackStore.Migration.Sources;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>The rows of a root's <c>index.redb</c>, one by one. Later versions keep other things in a file of that
/// name, which are not looked at, and for whose sake the file then stays.</summary>
internal static class DatabaseRows
{
    private const string Table = "artifacts";

    /// <summary>Reads them; what cannot be read gets a line in the report.</summary>
    public static IEnumerable<(string Key, ReadOnlyMemory<byte> Value)> Read(
        LegacyRoot root, MigrationTally tally, RootProgress rows)
    {
        ForeignStatus status = root.TryOpenDatabase(out IStoreFile? file);
        if (status != ForeignStatus.Ok)
        {
            rows.NoteLeft(isRow: false, isDatabase: true);
            if (status != ForeignStatus.Absent)
            {
                Refuse(root, tally, status == ForeignStatus.Busy ? SkipReasons.Database : SkipReasons.Of(status));
            }

            yield break;
        }

        using (file)
        {
            if (!RedbReader.TryOpen(new DatabaseBytes(file!), out RedbReader? reader, out _))
            {
                rows.NoteLeft(isRow: false, isDatabase: true);
                Refuse(root, tally, SkipReasons.Database);
                yield break;
            }

            if (reader!.TableNames().Any(static name => name != Table) || !reader.TableNames().Any())
            {
                rows.NoteLeft(isRow: false, isDatabase: true);
            }

            foreach (RedbEntry entry in reader.Rows(Table))
            {
                if (entry.TryGetKeyText(out string key))
                {
                    yield return (key, entry.Value);
                }
                else
                {
                    rows.NoteLeft(isRow: false, isDatabase: true);
                    Refuse(root, tally, SkipReasons.Key);
                }
            }

            if (reader.Losses.Count > 0)
            {
                rows.NoteLeft(isRow: false, isDatabase: true);
                Refuse(root, tally, SkipReasons.Database);
            }
        }
    }

    private static void Refuse(LegacyRoot root, MigrationTally tally, string reason) =>
        tally.Skip(root, EntryOutcome.Refuse(null, LegacyNames.Database, reason));

    /// <summary>A file as the reader wants it. What the device cannot read is taken for the end of the file, which the
    /// reader reports as a loss.</summary>
    private sealed class DatabaseBytes(IStoreFile file) : ILegacyBytes
    {
        public long Length { get; } = file.Stat().Length;

        public int Read(long offset, Span<byte> destination)
        {
            try
            {
                return file.Read(offset, destination);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }
}
