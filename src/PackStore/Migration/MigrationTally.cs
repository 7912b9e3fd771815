using PackStore.Engine.Importing;
using PackStore.Migration.Sources;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>Counts what became of the entries, and tells whoever wants to know of each. All members may run in
/// parallel.</summary>
/// <param name="report">Gets the counts.</param>
/// <param name="onEntry">Told of each entry, by one thread at a time.</param>
/// <param name="progress">Told now and then how far it is.</param>
internal sealed class MigrationTally(
    MigrationReport report, Action<MigrationEntry>? onEntry, IProgress<MaintenanceProgress>? progress)
{
    // Guards everything below and the report's counts, and orders the calls of the user's delegate.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private long _expected;
    private long _done;
    private long _doneBytes;

    /// <summary>Whether all files that were to be deleted are gone.</summary>
    public long Undeleted { get; private set; }

    /// <summary>So many more entries are known of.</summary>
    public void Expect(long entries) => Interlocked.Add(ref _expected, entries);

    /// <summary>An entry that was left out before anything could be appended.</summary>
    public void Skip(LegacyRoot root, EntryOutcome entry) =>
        Count(root, entry, MigrationResult.Skipped, entry.Reason);

    /// <summary>An entry that the store holds.</summary>
    public void CountHeld(LegacyRoot root, EntryOutcome entry) =>
        Count(root, entry, MigrationResult.Duplicate, null);

    /// <summary>An entry whose artifact has its verdict.</summary>
    public void CountPut(LegacyRoot root, EntryOutcome entry, ImportedPut put)
    {
        switch (put.Verdict)
        {
            case ImportVerdict.Imported or ImportVerdict.Replaced:
                Count(root, entry, MigrationResult.Imported, null, put);
                break;
            case ImportVerdict.Same:
                Count(root, entry, MigrationResult.Duplicate, null, put);
                break;
            default:
                Count(root, entry, MigrationResult.Skipped, SkipReasons.Older, put);
                break;
        }
    }

    /// <summary>A sound generation without a row.</summary>
    public void CountNameless()
    {
        lock (_lock)
        {
            report.Nameless++;
        }
    }

    /// <summary>A source file that was to be deleted.</summary>
    public void CountDeleted(ForeignStatus status, long bytes)
    {
        lock (_lock)
        {
            if (status == ForeignStatus.Ok)
            {
                report.DeletedFiles++;
                report.DeletedBytes += bytes;
            }
            else if (status != ForeignStatus.Absent)
            {
                Undeleted++;
            }
        }
    }

    /// <summary>Says how far it is. What is to come is guessed from what was so far.</summary>
    public void ReportProgress()
    {
        if (progress is null)
        {
            return;
        }

        MaintenanceProgress now;
        lock (_lock)
        {
            double share = _done == 0 ? 1 : (double)Math.Max(_done, Interlocked.Read(ref _expected)) / _done;
            now = new MaintenanceProgress("import", _doneBytes, (long)(_doneBytes * share), _done, report.Refused);
        }

        progress.Report(now);
    }

    /// <summary>Puts the reasons into the report.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            report.Reasons = new Dictionary<string, long>(_reasons, StringComparer.Ordinal);
            report.UndeletedFiles = Undeleted;
        }
    }

    private void Count(
        LegacyRoot root, EntryOutcome entry, MigrationResult result, string? reason, ImportedPut? put = null)
    {
        lock (_lock)
        {
            root.Report.Entries++;
            _done++;
            _doneBytes += entry.Bytes;
            report.Conflicts += put is { Differs: true } ? 1 : 0;
            switch (result)
            {
                case MigrationResult.Imported when put!.Verdict == ImportVerdict.Replaced:
                    // The artifact was counted when its older version came.
                    report.Bytes += entry.Bytes;
                    break;
                case MigrationResult.Imported:
                    report.Imported++;
                    report.Bytes += entry.Bytes;
                    break;
                case MigrationResult.Duplicate:
                    report.Duplicates++;
                    break;
                default:
                    report.Skipped++;
                    report.Refused += reason == SkipReasons.Older ? 0 : 1;
                    _reasons[reason!] = _reasons.GetValueOrDefault(reason!) + 1;
                    break;
            }

            onEntry?.Invoke(new MigrationEntry(entry.Key, root.PathOf(entry.Source), result, reason, entry.Bytes));
        }
    }
}
