namespace PackStore.TestChild;

/// <summary>Moves a legacy cache into a store, and says how it goes: the parent kills it somewhere on the
/// way.</summary>
internal static class ChildMigration
{
    // So many entries, so one line.
    private const int EntriesPerLine = 50;

    public static async Task<int> RunAsync(string directory, string source)
    {
        int entries = 0;
        using (ArtifactStore store = ArtifactStore.Open(directory, new PackStoreOptions
        {
            SegmentSizeBytes = 1 << 20,
            LooseThresholdBytes = 64 << 10,
        }))
        {
            Say("open");
            MigrationReport report = await store.MigrateAsync(source, new MigrationOptions
            {
                MoveSource = true,
                OnEntry = _ =>
                {
                    if (++entries % EntriesPerLine == 0)
                    {
                        Say("entries");
                    }
                },
            });
            Say($"imported {report.Imported} duplicates {report.Duplicates} skipped {report.Skipped}");
        }

        Say("closed");
        return 0;
    }

    private static void Say(string text)
    {
        Console.Out.WriteLine(text);
        Console.Out.Flush();
    }
}
