using PackStore.Migration.Legacy;
using PackStore.Migration.Sources;
using PackStore.Storage.Foreign;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>Several caches in one directory, several versions of one key, and puts that come meanwhile.</summary>
public sealed class RootsAndConflictsTests : IDisposable
{
    private static readonly ulong s_later = MigrationBench.StoredAt + 7200;

    private readonly MigrationBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Roots_are_found_newest_first_and_links_are_none()
    {
        string[] roots =
            ["", "v1.9.0", "v1.10.0", "v1.10.0/daemon-state/b", "v1.10.0/daemon-state/a", "daemon-state/x"];
        foreach (string root in roots)
        {
            Directory.CreateDirectory(Path.Combine(_bench.Source, root, "artifacts"));
        }

        foreach (string other in new[] { "v1.2", "v1.2.x", "w1.2.3/artifacts", "v3.0.0", "daemon-state/empty" })
        {
            Directory.CreateDirectory(Path.Combine(_bench.Source, other));
        }

        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateSymbolicLink(Path.Combine(_bench.Source, "v9.9.9"), "v1.9.0");
        }

        using IForeignDirectory top = ForeignDirectories.Open(_bench.Source);
        Assert.Equal(
            ["v1.10.0", "v1.10.0/daemon-state/a", "v1.10.0/daemon-state/b", "v1.9.0", "", "daemon-state/x"],
            RootFinder.Find(top));
    }

    [Fact]
    public void Versions_compare_as_numbers_however_long()
    {
        Assert.True(RootFinder.CompareVersions("v1.10.0", "v1.9.99") > 0);
        Assert.True(RootFinder.CompareVersions("v99999999999999999999.0.0", "v2.0.0") > 0);
        Assert.True(RootFinder.CompareVersions("v01.0.0", "v1.0.0") != 0);
        Assert.False(RootFinder.IsVersion("v1..2"));
        Assert.False(RootFinder.IsVersion("v1.2.3.4"));
    }

    [Theory]
    [InlineData("v1.2.0", "v1.1.0")]
    [InlineData("v1.1.0", "v1.2.0")]
    public async Task Of_one_key_in_two_caches_the_later_stored_wins_and_the_conflict_is_reported(string later,
        string earlier)
    {
        LegacyArtifact newer = MigrationBench.Artifact("a", 10) with { StoredAtSeconds = s_later };
        LegacyArtifact older =
            newer with { Outputs = [("old.o", [1, 2, 3])], StoredAtSeconds = MigrationBench.StoredAt };
        Write(later, newer);
        Write(earlier, older);
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(2, report.Roots.Count);
        Assert.Equal((1L, 1L), (report.Imported, report.Conflicts));
        _bench.AssertHit(newer);
        report = await _bench.RunAsync();
        Assert.Equal((0L, 1L, 1L), (report.Imported, report.Duplicates, report.Skipped));
        Assert.Equal(0, report.Refused);
        _bench.AssertHit(newer);
    }

    [Fact]
    public async Task The_later_one_counts_only_if_it_is_sound()
    {
        LegacyArtifact newer = MigrationBench.Artifact("a", 10) with { StoredAtSeconds = s_later };
        LegacyArtifact older =
            newer with { Outputs = [("old.o", [1, 2, 3])], StoredAtSeconds = MigrationBench.StoredAt };
        Write("v1.1.0", older);
        Write("v1.2.0", newer);
        File.Delete(Path.Combine(_bench.Source, "v1.2.0", LegacyRootBuilder.FlatPath(newer.Key, 0)));
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal((1L, 1L, 0L), (report.Imported, report.Refused, report.Conflicts));
        _bench.AssertHit(older);
    }

    [Fact]
    public async Task The_same_content_twice_is_a_duplicate_whenever_it_was_stored()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 10);
        Write("v1.1.0", artifact with { StoredAtSeconds = s_later });
        Write("v1.2.0", artifact with { StoredAtSeconds = MigrationBench.StoredAt });
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal((1L, 1L, 0L), (report.Imported, report.Duplicates, report.Conflicts));
        Assert.True(_bench.Store.TryGetMetadata(ArtifactKey.Parse(artifact.Key), out ArtifactMetadata? metadata));
        Assert.Equal((long)s_later, metadata.LastUsed.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(99_999_999_999UL)]
    public async Task A_time_in_the_future_becomes_now_and_replaces_nothing(ulong seconds)
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 10) with { StoredAtSeconds = seconds };
        LegacyArtifact fresh = MigrationBench.Artifact("b", 10) with { StoredAtSeconds = seconds };
        Write("", artifact, fresh);
        await PutAsync(artifact.Key, DateTimeOffset.UnixEpoch);
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal((1L, 1L), (report.Imported, report.Skipped));
        _bench.AssertHit(fresh);
        Assert.Equal(0, (await _bench.RunAsync()).Imported);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(-1, true)]
    public async Task What_the_store_has_stays_if_it_is_as_new(int seconds, bool isReplaced)
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 10);
        Write("", artifact);
        await PutAsync(artifact.Key, DateTimeOffset.FromUnixTimeSeconds((long)MigrationBench.StoredAt + seconds));
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(isReplaced ? 1 : 0, report.Imported);
        Assert.Equal(1, report.Conflicts);
        if (isReplaced)
        {
            _bench.AssertHit(artifact);
        }
        else
        {
            Assert.Equal("older", _bench.ReasonFor(artifact.Key));
            AssertPut(artifact.Key);
        }
    }

    [Fact]
    public async Task An_artifact_whose_file_is_still_being_copied_is_newer()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 10);
        Write("", artifact);
        string file = _bench.PathOf("pending");
        File.WriteAllBytes(file, [9, 9, 9]);
        await _bench.Store.PutAsync(
            ArtifactKey.Parse(artifact.Key), ArtifactOutcome.Success, [ArtifactPayload.FromPendingFile("put", file)]);
        await _bench.RunAsync();
        await _bench.Store.FlushAsync();
        AssertPut(artifact.Key);
    }

    [Fact]
    public async Task Damaged_artifacts_of_the_store_are_healed()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 5 << 20);
        Write("", artifact);
        await _bench.RunAsync();
        _bench.Close();
        string loose = Directory.EnumerateFiles(
            Path.Combine(_bench.PathOf("store"), "loose"), "*_0", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(loose);
        bytes[77] ^= 1;
        File.WriteAllBytes(loose, bytes);
        Assert.False(_bench.IsHit(artifact.Key));
        Assert.Equal(1, (await _bench.RunAsync()).Imported);
        _bench.AssertHit(artifact);
    }

    [Fact]
    public async Task Puts_that_come_meanwhile_are_never_replaced()
    {
        LegacyArtifact[] artifacts =
            [.. Enumerable.Range(0, 2000).Select(static i => MigrationBench.Artifact($"{i}", 20))];
        Write("", artifacts);
        int next = 0;
        _ = _bench.Store;
        Task[] putters =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                for (int i = Interlocked.Increment(ref next) - 1; i < artifacts.Length; i =
                    Interlocked.Increment(ref next) - 1)
                {
                    // From both ends, so that some come before the import of their key and some after.
                    await PutAsync(artifacts[i % 2 == 0 ? i / 2 : ^((i + 1) / 2)].Key, null);
                }
            })),
        ];
        MigrationReport report = await _bench.RunAsync(parallelism: 4);
        await Task.WhenAll(putters);
        Assert.Equal(artifacts.Length, report.Imported + report.Skipped);
        Assert.All(artifacts, a => AssertPut(a.Key));
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_what_it_brought_in_and_the_next_goes_on()
    {
        LegacyArtifact[] artifacts =
            [.. Enumerable.Range(0, 1500).Select(static i => MigrationBench.Artifact($"{i}", 20))];
        Write("", artifacts);
        using CancellationTokenSource stop = new();
        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.Store.MigrateAsync(
            _bench.Source,
            new MigrationOptions
            {
                OnEntry = _ =>
                {
                    if (++seen == 300)
                    {
                        stop.Cancel();
                    }
                },
            },
            null,
            stop.Token));
        int first = _bench.Store.EnumerateKeys().Count();
        Assert.InRange(first, 300, 1499);
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal((1500L - first, (long)first), (report.Imported, report.Duplicates));
        Assert.All(artifacts, a => _bench.AssertHit(a));
    }

    [Fact]
    public async Task A_store_opened_read_only_takes_a_plan_and_no_import()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("a", 10);
        Write("", artifact);
        _ = _bench.Store;
        using ArtifactStore reader = ArtifactStore.OpenReadOnly(_bench.PathOf("store"));
        Assert.Throws<StoreReadOnlyException>(() => { _ = reader.MigrateAsync(_bench.Source); });
        Assert.Equal(1, (await reader.MigrateAsync(_bench.Source, new MigrationOptions { DryRun = true })).Imported);
        await _bench.RunAsync();
        MigrationReport plan = await reader.MigrateAsync(_bench.Source, new MigrationOptions { DryRun = true });
        Assert.Equal((0L, 1L, 0L), (plan.Imported, plan.Duplicates, plan.NeededBytes));
    }

    [Fact]
    public async Task A_directory_that_is_not_there_fails_and_one_without_a_cache_has_no_roots()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => _bench.Store.MigrateAsync(_bench.PathOf("nowhere")));
        Directory.CreateDirectory(_bench.PathOf("empty"));
        Assert.Empty((await _bench.Store.MigrateAsync(_bench.PathOf("empty"))).Roots);
    }

    private void Write(string below, params LegacyArtifact[] artifacts)
    {
        LegacyRootBuilder root = new();
        foreach (LegacyArtifact artifact in artifacts)
        {
            root.Add(LegacyLayout.Flat, artifact);
        }

        root.WriteIndex(LegacyIndexShape.R3);
        root.WriteTo(Path.Combine(_bench.Source, below));
    }

    private async Task PutAsync(string key, DateTimeOffset? storedAt) => await _bench.Store.PutAsync(
        ArtifactKey.Parse(key), new ArtifactOutcome { StoredAt = storedAt },
        [ArtifactPayload.FromBytes("put", new byte[] { 9, 9, 9 })]);

    private void AssertPut(string key)
    {
        using PayloadLease lease = _bench.Store.EnsurePayloads(ArtifactKey.Parse(key));
        Assert.True(lease.IsHit);
        Assert.Equal("put", lease.Metadata.Payloads[0].Name);
        Assert.Equal(ArtifactProvenance.Put, lease.Metadata.Provenance);
    }
}
