using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PackStore.Migration.Legacy;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>Whatever is in a legacy cache, exactly what is sound comes in, the latest of each key, whether it is kept,
/// moved, or brought in twice.</summary>
public sealed class LegacyTreeTests
{
    [Property(MaxTest = 60)]
    public Property A_random_cache_comes_in_as_its_model_says() => Prop.ForAll(LegacyTree.Arbitrary, static entries =>
    {
        using MigrationBench bench = new();
        IReadOnlyList<TreeEntry> written = LegacyTree.Write(bench.Source, entries, LegacyIndexShape.R3);
        Dictionary<string, (TreeEntry Entry, long StoredAt)> expected = Expect(written);
        MigrationReport report = Wait(bench.RunAsync());
        Check(bench, report, written, expected);
        MigrationReport again = Wait(bench.RunAsync());
        Assert.Equal(0, again.Imported);
        Check(bench, again, written, expected);

        using ArtifactStore moved = ArtifactStore.Open(bench.PathOf("moved"));
        List<string> before = FilesOf(written.Where(static e => !LegacyTree.IsSound(e)), bench.Source);
        Wait(moved.MigrateAsync(bench.Source, new MigrationOptions { MoveSource = true }));
        Assert.Equal(expected.Keys.Order(), moved.EnumerateKeys().Select(static k => k.ToString()).Order());
        Assert.Equal(before, FilesOf(written.Where(static e => !LegacyTree.IsSound(e)), bench.Source));
        Assert.Equal(0, Wait(moved.MigrateAsync(bench.Source, new MigrationOptions { MoveSource = true })).Imported);
    });

    // In the order in which they are met, the first of equally late ones stands.
    private static Dictionary<string, (TreeEntry Entry, long StoredAt)> Expect(IReadOnlyList<TreeEntry> written)
    {
        Dictionary<string, (TreeEntry Entry, long StoredAt)> expected = [];
        foreach (TreeEntry entry in written.Where(LegacyTree.IsSound))
        {
            string key = LegacyTree.KeyOf(entry);
            long storedAt = entry.Layout is LegacyLayout.MetaA or LegacyLayout.MetaB
                ? new LegacyRootBuilder().ModifiedSeconds
                : (long)LegacyTree.ArtifactOf(entry).StoredAtSeconds;
            if (!expected.TryGetValue(key, out (TreeEntry Entry, long StoredAt) there) || there.StoredAt < storedAt)
            {
                expected[key] = (entry, storedAt);
            }
        }

        return expected;
    }

    private static void Check(
        MigrationBench bench, MigrationReport report, IReadOnlyList<TreeEntry> written,
        Dictionary<string, (TreeEntry Entry, long StoredAt)> expected)
    {
        Assert.Equal(written.Count, report.Imported + report.Duplicates + report.Skipped - Replaced(bench, report));
        Assert.Equal(written.Count(static e => !LegacyTree.IsSound(e)), report.Refused);
        Assert.Equal(expected.Count, bench.Store.EnumerateKeys().Count());
        foreach ((TreeEntry entry, _) in expected.Values)
        {
            if (!LegacyTree.IsUnseen(entry))
            {
                bench.AssertHit(LegacyTree.ArtifactOf(entry));
            }
        }
    }

    // An entry that replaced an older one of the same run is said to be imported, and counts as the same artifact.
    private static long Replaced(MigrationBench bench, MigrationReport report) =>
        report.Imported - bench.Entries.Count(static e => e.Result == MigrationResult.Imported);

    private static List<string> FilesOf(IEnumerable<TreeEntry> entries, string source) =>
    [
        .. entries.SelectMany(e => Directory.EnumerateFiles(
            Path.Combine(source, LegacyTree.Roots[e.Root], "artifacts"), LegacyTree.KeyOf(e) + "*",
                SearchOption.AllDirectories))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
