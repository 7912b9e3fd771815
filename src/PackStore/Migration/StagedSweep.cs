using System.Text;
using PackStore.Migration.Legacy;
using PackStore.Migration.Sources;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>
/// Deletes what a run that was stopped left of staged keys after their pointers went: a publisher's lock alone in the
/// key's directory, or the directory, empty. No row leads to these any more, so they are looked for by name.
/// </summary>
internal sealed class StagedSweep(LegacyRoot root, MigrationTally tally)
{
    /// <summary>Deletes them.</summary>
    public void Run()
    {
        // Deleted after the listing: what a listing says of names that go away during it is up to the file system.
        List<string> keys = [];
        root.Staged?.List((name, kind) =>
        {
            if (kind == ForeignKind.Directory && Encoding.UTF8.GetString(name) is var key
                && LegacyKey.FindProblem(key) == LegacyProblem.None && !HasPointer(key))
            {
                keys.Add(key);
            }
        });
        keys.ForEach(Delete);
    }

    // A pointer that nobody can look at counts as one.
    private bool HasPointer(string key) =>
        root.Staged!.Examine(key + LegacyNames.PointerSuffix, out _) != ForeignStatus.Absent;

    private void Delete(string key)
    {
        if (!ForeignPaths.TryOpen(root.Staged!, key, out IForeignDirectory? directory))
        {
            return;
        }

        using (directory)
        {
            ForeignStatus status = directory.TryLock(LegacyNames.PublishLock, exclusive: true, out IDisposable? held);

            // The lock is held until all is gone, so no publisher has it; whoever has it keeps it. What is beside it is
            // looked at only then: a publisher may have finished just before.
            using (held)
            {
                if (status is not (ForeignStatus.Ok or ForeignStatus.Absent))
                {
                    tally.CountDeleted(status, 0);
                    return;
                }

                if (!IsBare(directory) || HasPointer(key))
                {
                    return;
                }

                if (status == ForeignStatus.Ok)
                {
                    tally.CountDeleted(directory.Delete(LegacyNames.PublishLock), 0);
                }

                // Stays, by itself, if anything came into it.
                root.Staged!.DeleteDirectory(key);
            }
        }
    }

    private static bool IsBare(IForeignDirectory directory)
    {
        bool isBare = true;
        ForeignStatus status = directory.List((name, kind) =>
            isBare &= kind == ForeignKind.File && name.SequenceEqual(".publish.lock"u8));
        return isBare && status == ForeignStatus.Ok;
    }
}
