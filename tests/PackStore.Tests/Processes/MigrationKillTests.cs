using System.Globalization;
using PackStore.Migration.Legacy;
using PackStore.TestKit;
using PackStore.Tests.Migration.Job;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Processes;

/// <summary>
/// A process that moves a legacy cache into a store is killed again and again. After each kill every entry is whole in
/// the store or whole in the cache; the next process goes on, until all is moved. <c>PACKSTORE_MIGRATION_KILLS</c> sets
/// how often.
/// </summary>
public sealed class MigrationKillTests(ITestOutputHelper output)
{
    private const int DefaultKills = 20;
    private const int Artifacts = 1600;

    private static readonly LegacyLayout[] s_layouts =
        [LegacyLayout.Flat, LegacyLayout.Flat, LegacyLayout.Pack, LegacyLayout.Staged, LegacyLayout.MetaA,
            LegacyLayout.RowOnly];

    private static int Kills => int.TryParse(
        Environment.GetEnvironmentVariable("PACKSTORE_MIGRATION_KILLS"), CultureInfo.InvariantCulture, out int kills)
        ? kills : DefaultKills;

    [Fact]
    public async Task No_entry_is_lost_from_store_and_cache_together_however_often_a_move_is_killed()
    {
        List<LegacyArtifact> artifacts = [];
        LegacyRootBuilder root = new();
        for (int i = 0; i < Artifacts; i++)
        {
            LegacyLayout layout = s_layouts[i % s_layouts.Length];
            int[] lengths = layout == LegacyLayout.RowOnly ? []
                : i % 97 == 0 ? [200 << 10, 100, 80 << 10] : [100 + i, 0, 700, 30];
            artifacts.Add(MigrationBench.Artifact(string.Create(CultureInfo.InvariantCulture, $"{layout}{i}"),
                lengths));
            root.Add(layout, artifacts[^1]);
        }

        root.WriteIndex(LegacyIndexShape.R3);
        Random random = new(200);
        Dictionary<string, int> stages = [];
        int kills = 0;
        int moves = 0;
        while (kills < Kills)
        {
            using TempStore temp = new();
            string source = temp.PathOf("source");
            root.WriteTo(source);
            bool isDone = false;
            while (!isDone && kills < Kills)
            {
                string last = await RunAsync(temp.PathOf("store"), source, random);
                stages[last] = stages.GetValueOrDefault(last) + 1;
                isDone = last == "closed";
                kills += isDone ? 0 : 1;
                Check(temp.PathOf("store"), source, root, artifacts);
            }

            if (!isDone)
            {
                await RunAsync(temp.PathOf("store"), source, null);
            }

            CheckMoved(temp.PathOf("store"), source, artifacts);
            moves++;
        }

        output.WriteLine($"{kills} kills in {moves} moves, after: {string.Join(", ", stages)}");
    }

    /// <summary>Runs the child, and kills it after a random line and a random while, or never; its last word.</summary>
    private static async Task<string> RunAsync(string store, string source, Random? random)
    {
        using ChildProcess child = ChildProcess.Start([], "migrate", store, source);
        int line = random?.Next(1, (Artifacts / 50) + 4) ?? int.MaxValue;
        int spins = random?.Next(40_000) ?? 0;
        string last = "";
        while (await child.Output.ReadLineAsync() is { } text)
        {
            last = text.Split(' ')[0];
            if (--line == 0)
            {
                Thread.SpinWait(spins);
                child.Kill();
            }
        }

        return last;
    }

    private static void Check(string directory, string source, LegacyRootBuilder root, List<LegacyArtifact> artifacts)
    {
        bool hasIndex = IsWhole(source, root, "index.bin");
        using ArtifactStore store = ArtifactStore.Open(directory);
        foreach (LegacyArtifact artifact in artifacts)
        {
            using (PayloadLease lease = store.PeekPayloads(ArtifactKey.Parse(artifact.Key)))
            {
                if (!lease.IsHit)
                {
                    string[] files = [.. root.Files.Keys.Where(p =>
                        p.Contains(artifact.Key, StringComparison.Ordinal))];
                    bool needsIndex = !files.Any(static f => f.EndsWith(".meta", StringComparison.Ordinal));
                    Assert.True(hasIndex || !needsIndex, $"{artifact.Key} is lost: no row");
                    Assert.All(files, f => Assert.True(IsWhole(source, root, f), $"{artifact.Key} is lost: {f}"));
                    continue;
                }
            }

            MigrationBench.AssertHit(store, artifact);
        }
    }

    private static void CheckMoved(string directory, string source, List<LegacyArtifact> artifacts)
    {
        using ArtifactStore store = ArtifactStore.Open(directory);
        artifacts.ForEach(a => MigrationBench.AssertHit(store, a));
        Assert.Equal(artifacts.Count, store.EnumerateKeys().Count());
        Assert.Equal(
            [".store.lock"],
            Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Select(static f => Path.GetFileName(f)));
    }

    private static bool IsWhole(string source, LegacyRootBuilder root, string path)
    {
        string full = Path.Combine(source, path);
        return File.Exists(full) && File.ReadAllBytes(full).AsSpan().SequenceEqual(root.Files[path].Bytes);
    }
}
