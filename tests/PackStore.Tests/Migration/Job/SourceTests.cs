using System.Globalization;
using PackStore.Storage.Foreign;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>What becomes of the source: nothing at all, or each file only after its copy is safe.</summary>
public sealed class SourceTests : IDisposable
{
    private static readonly LegacyLayout[] s_layouts =
        [LegacyLayout.Flat, LegacyLayout.Pack, LegacyLayout.Staged, LegacyLayout.MetaA, LegacyLayout.RowOnly];

    private readonly MigrationBench _bench = new();
    private readonly List<LegacyArtifact> _artifacts = [];

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task By_default_the_source_stays_as_it_is_to_the_byte_and_the_time()
    {
        Fill(10);
        _bench.Write();
        string[] before = Snapshot(_bench.Source);
        await _bench.RunAsync();
        Assert.Equal(before, Snapshot(_bench.Source));
        AssertAllHits();
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_and_changes_nothing()
    {
        Fill(10);
        _bench.Write();
        _ = _bench.Store;
        string[] before = [.. Snapshot(_bench.Source), .. Snapshot(_bench.PathOf("store"))];
        MigrationReport plan = await _bench.RunAsync(move: true, dryRun: true);
        MigrationReport without = await ArtifactStore.PlanMigrationAsync(_bench.PathOf(""), _bench.Source);
        string[] after = [.. Snapshot(_bench.Source), .. Snapshot(_bench.PathOf("store"))];
        Assert.Equal(before, after);
        Assert.Empty(_bench.Store.EnumerateKeys());
        MigrationReport done = await _bench.RunAsync();
        foreach (MigrationReport report in new[] { plan, without })
        {
            Assert.True(report.IsDryRun);
            Assert.True(report.AvailableBytes > 0);
            Assert.Equal(
                (done.Imported, done.Bytes, done.NeededBytes, done.Skipped),
                (report.Imported, report.Bytes, report.NeededBytes, report.Skipped));
        }
    }

    [Fact]
    public async Task Moving_leaves_nothing_of_what_came_in_and_everything_else()
    {
        Fill(10);
        LegacyArtifact bad = MigrationBench.Artifact("bad", 10);
        _bench.Root.Rows.Add(bad.ToRow());
        _bench.Root.PutFlat(bad.Key, [new byte[9]]);
        _bench.Root.Put("artifacts/README", "keep"u8);
        _bench.Root.Put("logs/daemon.log", "keep"u8);
        _bench.Write();
        MigrationReport report = await _bench.RunAsync(move: true);
        AssertAllHits();
        Assert.Equal(0, report.UndeletedFiles);
        Assert.True(report.DeletedFiles > 30);
        Assert.Equal(
            ["artifacts/.staged-v2/.store.lock", $"artifacts/{bad.Key}_0", "artifacts/README", "index.bin",
                "logs/daemon.log"],
            Names());

        // The row that was refused holds its index; the others are known to be in the store.
        MigrationReport again = await _bench.RunAsync(move: true);
        Assert.Equal((0L, 1L, 0L), (again.Imported, again.Skipped, again.DeletedFiles));
        _bench.Close();
        AssertAllHits();
    }

    [Fact]
    public async Task When_all_rows_came_in_the_index_goes_too()
    {
        Fill(3);
        _bench.Write();
        await _bench.RunAsync(move: true);
        Assert.Equal(["artifacts/.staged-v2/.store.lock"], Names());
        Assert.Equal(0, (await _bench.RunAsync(move: true)).DeletedFiles);
        AssertAllHits();
    }

    [Fact]
    public async Task Files_that_a_stopped_run_left_behind_are_deleted_by_the_next()
    {
        Fill(4);
        _bench.Write();
        string[] all = Names();
        await _bench.RunAsync();
        // As if it had been stopped between two files of an entry, or two entries: any of them may be left.
        Random random = new(7);
        foreach (string name in all.Where(n => n.StartsWith("artifacts/", StringComparison.Ordinal)
            && !n.EndsWith(".meta", StringComparison.Ordinal) && random.Next(2) == 0))
        {
            File.Delete(Path.Combine(_bench.Source, name));
        }

        MigrationReport report = await _bench.RunAsync(move: true);
        Assert.Equal(0, report.Imported);
        Assert.Equal(0, report.Skipped);
        AssertAllHits();
        Assert.DoesNotContain("index.bin", Names());
        Assert.DoesNotContain(Names(), n =>
            _artifacts.Any(a => n.StartsWith($"artifacts/{a.Key}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/.publish.lock")]
    [InlineData("/")]
    public async Task A_lock_or_directory_without_pointer_that_a_stopped_run_left_goes_with_the_next(string before)
    {
        Fill(2);
        _bench.Write();
        string staged = Path.Combine(_bench.Source, "artifacts", ".staged-v2");
        string key = _artifacts[2].Key;
        await Assert.ThrowsAsync<IOException>(() => PackStore.Migration.MigrationJob.RunAsync(
            _bench.Store.Engine, _bench.Store.Engine.Core.Directory,
            () => new ObservedForeignDirectory(ForeignDirectories.Open(_bench.Source), path =>
            {
                if (path.EndsWith(key + before, StringComparison.Ordinal)
                    && !File.Exists(Path.Combine(staged, key + ".current")))
                {
                    throw new IOException("stopped");
                }
            }),
            new MigrationOptions { MoveSource = true, MaxParallelism = 1 }, null, CancellationToken.None));
        Assert.True(Directory.Exists(Path.Combine(staged, key)));
        Assert.Equal(0, (await _bench.RunAsync(move: true)).UndeletedFiles);
        Assert.Equal(["artifacts/.staged-v2/.store.lock"], Names());
        Assert.Empty(Directory.EnumerateDirectories(staged));
        AssertAllHits();
    }

    [Fact]
    public async Task The_lock_of_a_publisher_at_work_and_that_beside_a_generation_stay()
    {
        Fill(1);
        LegacyArtifact unpublished = MigrationBench.Artifact("unpublished", 10);
        _bench.Root.PutStaged(unpublished.Key, [.. unpublished.Outputs.Select(static o => o.Bytes)], publish: false);
        string live = MigrationBench.Key("live");
        _bench.Root.Put($"artifacts/.staged-v2/{live}/.publish.lock", []);
        _bench.Root.Put("artifacts/.staged-v2/other/.publish.lock", []);
        _bench.Write();
        string[] kept = [.. Names().Where(n => n.Contains(unpublished.Key, StringComparison.Ordinal))];
        string[] expected =
        [
            .. kept.Concat(["artifacts/.staged-v2/.store.lock", "artifacts/.staged-v2/other/.publish.lock"])
                .Order(StringComparer.Ordinal),
        ];
        using IForeignDirectory publisher =
            ForeignDirectories.Open(Path.Combine(_bench.Source, "artifacts", ".staged-v2", live));
        Assert.Equal(ForeignStatus.Ok, publisher.TryLock(".publish.lock", true, out IDisposable? held));
        Assert.Equal(1, (await _bench.RunAsync(move: true)).UndeletedFiles);
        Assert.Equal(expected.Append($"artifacts/.staged-v2/{live}/.publish.lock").Order(StringComparer.Ordinal),
            Names());
        held!.Dispose();
        MigrationReport report = await _bench.RunAsync(move: true);
        Assert.Equal((0L, 1L), (report.UndeletedFiles, report.DeletedFiles));
        Assert.Equal(expected, Names());
    }

    [Fact]
    public async Task A_leftover_that_is_not_what_the_store_holds_stays()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("flat", 10, 10);
        _bench.Root.Add(LegacyLayout.Flat, artifact);
        _bench.Write();
        await _bench.RunAsync();
        File.Delete(Path.Combine(_bench.Source, LegacyRootBuilder.FlatPath(artifact.Key, 0)));
        string left = Path.Combine(_bench.Source, LegacyRootBuilder.FlatPath(artifact.Key, 1));
        File.WriteAllBytes(left, new byte[10]);
        Assert.Equal(1, (await _bench.RunAsync(move: true)).Duplicates);
        Assert.True(File.Exists(left));
    }

    [Fact]
    public async Task At_each_deletion_the_store_would_have_the_entry_after_a_power_cut()
    {
        Fill(6);
        _bench.Write();
        MemoryDirectory disk = new(isQuick: true);
        int checks = 0;
        using (ArtifactStore store = ArtifactStore.OpenOver(disk, new PackStoreOptions
        {
            FlushInterval = Timeout.InfiniteTimeSpan,
            SegmentSizeBytes = 1 << 20,
            LooseThresholdBytes = 32 << 10,
        }))
        {
            await PackStore.Migration.MigrationJob.RunAsync(
                store.Engine, store.Engine.Core.Directory,
                () => new ObservedForeignDirectory(ForeignDirectories.Open(_bench.Source), BeforeDelete),
                new MigrationOptions { MoveSource = true, MaxParallelism = 1 }, null, CancellationToken.None);
        }

        Assert.True(checks > 30, $"{checks}");
        disk.Discard();

        void BeforeDelete(string path)
        {
            MemoryDirectory cut = disk.Crash(MaskChooser.LoseAll);
            using (ArtifactStore after = ArtifactStore.OpenOver(cut, new PackStoreOptions()))
            {
                foreach (LegacyArtifact artifact in _artifacts.Where(a => path.Contains(a.Key, StringComparison.Ordinal)
                    || path == "index.bin"))
                {
                    MigrationBench.AssertHit(after, artifact);
                    checks++;
                }
            }

            cut.Discard();
        }
    }

    [SkippableFact]
    public async Task Large_files_are_taken_over_with_their_inode_and_belong_to_the_store_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        LegacyArtifact large = MigrationBench.Artifact("large", 5 << 20, 10, 6 << 20);
        LegacyArtifact shared = MigrationBench.Artifact("shared", 5 << 20);
        _bench.Root.Add(LegacyLayout.Flat, large);
        _bench.Root.Add(LegacyLayout.Flat, shared);
        _bench.Write();
        string output = _bench.PathOf("build-output");
        Shell("ln", Path.Combine(_bench.Source, LegacyRootBuilder.FlatPath(shared.Key, 0)), output);
        ulong inode = InodeOf(Path.Combine(_bench.Source, LegacyRootBuilder.FlatPath(large.Key, 0)));
        await _bench.RunAsync(move: true);
        _bench.AssertHit(large);
        _bench.AssertHit(shared);
        string loose = Path.Combine(_bench.PathOf("store"), "loose", large.Key[..2], large.Key + "_0");
        Assert.Equal(inode, InodeOf(loose));
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(_bench.PathOf("store"), "loose"), "*", SearchOption.AllDirectories),
            static f => Assert.Equal(1u, StampOf(f).Links));

        // A tool that writes to what it had linked from the cache writes to nothing of the store's.
        File.WriteAllBytes(output, new byte[3]);
        _bench.AssertHit(shared);
    }

    [SkippableFact]
    public async Task A_file_that_somebody_links_while_it_is_moved_gets_an_inode_of_its_own()
    {
        Skip.IfNot(OperatingSystem.IsLinux());
        LegacyArtifact large = MigrationBench.Artifact("large", 5 << 20);
        _bench.Root.Add(LegacyLayout.Flat, large);
        _bench.Write();
        string output = _bench.PathOf("build-output");
        string flat = Path.Combine(_bench.Source, LegacyRootBuilder.FlatPath(large.Key, 0));
        await PackStore.Migration.MigrationJob.RunAsync(
            _bench.Store.Engine, _bench.Store.Engine.Core.Directory,
            () => new ObservedForeignDirectory(ForeignDirectories.Open(_bench.Source), path =>
            {
                if (path.EndsWith("_0", StringComparison.Ordinal))
                {
                    Shell("ln", flat, output);
                }
            }),
            new MigrationOptions { MoveSource = true }, null, CancellationToken.None);
        Assert.False(File.Exists(flat));
        File.WriteAllBytes(output, new byte[3]);
        _bench.AssertHit(large);
    }

    [Fact]
    public async Task A_cache_in_use_is_read_and_nothing_in_it_deleted()
    {
        Fill(2);
        _bench.Root.Put(".writer.lock", "4242\n"u8);
        _bench.Write();
        string[] before = Names();
        using IForeignDirectory daemon = ForeignDirectories.Open(_bench.Source);
        Assert.Equal(ForeignStatus.Ok, daemon.TryLock(".writer.lock", true, out IDisposable? held));
        MigrationReport report = await _bench.RunAsync(move: true);
        Assert.True(report.HasLiveDaemon);
        Assert.Equal("4242", Assert.Single(report.Roots).Daemon);
        Assert.Equal(before, Names());
        AssertAllHits();
        held!.Dispose();
        report = await _bench.RunAsync(move: true);
        Assert.False(report.HasLiveDaemon);
        Assert.Equal(0, report.Imported);
        Assert.DoesNotContain("index.bin", Names());
    }

    [Fact]
    public async Task Readers_of_the_cache_keep_their_files_and_a_run_keeps_daemons_out()
    {
        Fill(2);
        _bench.Root.Put(".writer.lock", []);
        _bench.Write();
        using IForeignDirectory staged =
            ForeignDirectories.Open(Path.Combine(_bench.Source, "artifacts", ".staged-v2"));
        Assert.Equal(ForeignStatus.Ok, staged.TryLock(".store.lock", false, out IDisposable? reader));
        string[] before = Names();
        Assert.True((await _bench.RunAsync(move: true)).HasLiveDaemon);
        Assert.Equal(before, Names());
        Assert.False((await _bench.RunAsync()).HasLiveDaemon);
        reader!.Dispose();

        using IForeignDirectory root = ForeignDirectories.Open(_bench.Source);
        ForeignStatus seen = ForeignStatus.Absent;
        await _bench.Store.MigrateAsync(_bench.Source, new MigrationOptions
        {
            OnEntry = _ => seen = root.TryLock(".writer.lock", true, out IDisposable? _),
        });
        Assert.Equal(ForeignStatus.Busy, seen);
    }

    [Fact]
    public async Task A_store_inside_the_cache_takes_it_over_in_place()
    {
        Fill(3);
        _bench.Write();
        using (ArtifactStore inside = ArtifactStore.Open(Path.Combine(_bench.Source, "packstore")))
        {
            MigrationReport report =
                await inside.MigrateAsync(_bench.Source, new MigrationOptions { MoveSource = true });
            Assert.Equal(_artifacts.Count, report.Imported);
        }

        using ArtifactStore again = ArtifactStore.OpenReadOnly(Path.Combine(_bench.Source, "packstore"));
        _artifacts.ForEach(a => MigrationBench.AssertHit(again, a));
        Assert.False(File.Exists(Path.Combine(_bench.Source, "index.bin")));
    }

    [Fact]
    public async Task A_database_with_other_tables_is_left_where_it_is()
    {
        Directory.CreateDirectory(Path.Combine(_bench.Source, "artifacts"));
        File.WriteAllBytes(
            Path.Combine(_bench.Source, "index.redb"), RealFiles.Read("index-redb41-v3.redb.gz"));
        await _bench.RunAsync(move: true);
        Assert.True(File.Exists(Path.Combine(_bench.Source, "index.redb")));
    }

    private void Fill(int each)
    {
        for (int i = 0; i < each; i++)
        {
            foreach (LegacyLayout layout in s_layouts)
            {
                int[] lengths = layout == LegacyLayout.RowOnly ? [] : [100 + i, 0, 40_000 + i];
                LegacyArtifact artifact = MigrationBench.Artifact(
                    string.Create(CultureInfo.InvariantCulture, $"{layout}{i}"), lengths);
                _artifacts.Add(artifact);
                _bench.Root.Add(layout, artifact);
            }
        }
    }

    private void AssertAllHits() => _artifacts.ForEach(a => _bench.AssertHit(a));

    private string[] Names() =>
    [
        .. Directory.EnumerateFiles(_bench.Source, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_bench.Source, f)).Order(StringComparer.Ordinal),
    ];

    private static string[] Snapshot(string directory) =>
    [
        .. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Append(new DirectoryInfo(directory)).OrderBy(static e => e.FullName, StringComparer.Ordinal)
            .Select(static e => string.Create(CultureInfo.InvariantCulture,
                $"{e.FullName} {e.LastWriteTimeUtc.Ticks} {e.UnixFileMode} {(e is FileInfo f ? f.Length : 0)}")),
    ];

    private static void Shell(string program, params string[] arguments)
    {
        using System.Diagnostics.Process run = System.Diagnostics.Process.Start(program, arguments);
        run.WaitForExit();
        Assert.Equal(0, run.ExitCode);
    }

    private static ulong InodeOf(string path) => StampOf(path).Inode;

    private static PackStore.Storage.FileStamp StampOf(string path)
    {
        using IForeignDirectory directory = ForeignDirectories.Open(Path.GetDirectoryName(path)!);
        Assert.Equal(ForeignStatus.Ok,
            directory.TryOpen(Path.GetFileName(path), out PackStore.Storage.IStoreFile? file));
        using (file)
        {
            return file!.Stat();
        }
    }
}
