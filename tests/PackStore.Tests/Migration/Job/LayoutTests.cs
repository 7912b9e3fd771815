using PackStore.Migration.Legacy;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>Every layout comes in whole, and which of several counts.</summary>
public sealed class LayoutTests : IDisposable
{
    private readonly MigrationBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Every_layout_comes_in_with_names_bytes_modes_streams_and_verdicts()
    {
        LegacyArtifact[] artifacts =
        [
            .. new[] { LegacyLayout.Flat, LegacyLayout.Pack, LegacyLayout.Staged, LegacyLayout.MetaA,
                LegacyLayout.MetaB }
                .Select(layout => Add(layout, MigrationBench.Artifact($"{layout}", 1000, 0, 70_000) with
                {
                    Modes = layout is LegacyLayout.MetaA or LegacyLayout.MetaB ? [] : [0x81ED, 0x1A4, 0x81A4],
                    Verdicts = layout is LegacyLayout.MetaA or LegacyLayout.MetaB ? []
                        : [new ArtifactVerdict { Name = "lint", ExitCode = 3, StandardError = "bad"u8.ToArray() }],
                })),
            Add(LegacyLayout.RowOnly, MigrationBench.Artifact("error") with { ExitCode = -7 }),
        ];
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(artifacts.Length, report.Imported);
        Assert.Equal(artifacts.Sum(static a => a.Outputs.Sum(static o => (long)o.Bytes.Length)), report.Bytes);
        Assert.Equal(0, report.Skipped);
        foreach (LegacyArtifact artifact in artifacts)
        {
            _bench.AssertHit(artifact);
        }

        _bench.AssertHit(artifacts[2], ArtifactProvenance.DigestChecked);
        _bench.AssertHit(artifacts[0], ArtifactProvenance.SizeChecked);
        Assert.Equal((long)MigrationBench.StoredAt, Metadata(artifacts[0]).StoredAt.ToUnixTimeSeconds());
        Assert.Equal(_bench.Root.ModifiedSeconds, Metadata(artifacts[3]).StoredAt.ToUnixTimeSeconds());
        Assert.Equal((long)MigrationBench.StoredAt, Metadata(artifacts[0]).LastUsed.ToUnixTimeSeconds());
        VerifyReport verified = await _bench.Store.VerifyAsync();
        Assert.True(verified.IsClean);
    }

    [Fact]
    public async Task Names_are_data_whatever_they_say()
    {
        string[] names =
            ["../../escape.o", "/etc/passwd", "", ".", "a\0b", "a\nb", new('n', 4000), "@zccache-directory-v1:d"];
        LegacyArtifact artifact = MigrationBench.Artifact("names") with
        {
            Outputs = [.. names.Select(static n => (n, MigrationBench.Bytes(n, 10)))],
        };
        Add(LegacyLayout.Flat, artifact);
        LegacyArtifact tooLong = MigrationBench.Artifact("long") with { Outputs = [(new string('n', 70_000), [1])] };
        Add(LegacyLayout.Flat, tooLong);
        _bench.Write();
        await _bench.RunAsync();
        _bench.AssertHit(artifact);
        Assert.Equal("toolarge", _bench.ReasonFor(tooLong.Key));
    }

    [Fact]
    public async Task Staged_comes_before_pack_and_pack_before_flat()
    {
        LegacyArtifact all = MigrationBench.Artifact("all", 50);
        _bench.Root.PutFlat(all.Key, [new byte[50]]);
        _bench.Root.Put($"artifacts/{all.Key}.pack", LegacyEncoding.Pack([new byte[50]]));
        Add(LegacyLayout.Staged, all);
        LegacyArtifact pack = MigrationBench.Artifact("pack", 50);
        _bench.Root.PutFlat(pack.Key, [new byte[50]]);
        Add(LegacyLayout.Pack, pack);
        LegacyArtifact row = MigrationBench.Artifact("row", 50);
        _bench.Root.Add(LegacyLayout.MetaA, row with { Outputs = [("row.0.o", new byte[50])] });
        Add(LegacyLayout.Flat, row);
        _bench.Write();
        await _bench.RunAsync();
        _bench.AssertHit(all);
        _bench.AssertHit(pack);
        _bench.AssertHit(row);
    }

    [Fact]
    public async Task Less_checked_bytes_do_not_step_in_for_a_damaged_generation()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("staged", 50);
        Add(LegacyLayout.Staged, artifact);
        _bench.Root.PutFlat(artifact.Key, artifact.Payloads);
        string output = _bench.Root.Files.Keys.Single(static p => p.EndsWith("/output-0", StringComparison.Ordinal));
        _bench.Root.Put(output, new byte[50], readOnly: true);
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(0, report.Imported);
        Assert.Equal("digest", _bench.ReasonFor(artifact.Key));
    }

    [Fact]
    public async Task A_damaged_pack_gives_way_to_flat_files_and_a_lost_payload_to_the_old_blob()
    {
        LegacyArtifact flat = MigrationBench.Artifact("flat", 50);
        _bench.Root.Put($"artifacts/{flat.Key}.pack", "ZCPK"u8);
        Add(LegacyLayout.Flat, flat);
        LegacyArtifact rescued = MigrationBench.Artifact("rescued", 50, 60);
        _bench.Root.Add(LegacyLayout.MetaA, rescued);
        _bench.Root.Rows.Add(rescued.ToRow());
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(0, report.Skipped);
        _bench.AssertHit(flat);
        _bench.AssertHit(rescued);
    }

    [Fact]
    public async Task A_digest_beside_a_file_vouches_for_it_or_condemns_it()
    {
        LegacyArtifact good = MigrationBench.Artifact("good", 50, 5 << 20);
        LegacyArtifact poisoned = MigrationBench.Artifact("poisoned", 50);
        LegacyArtifact pack = MigrationBench.Artifact("pack", 50);
        LegacyArtifact meta = MigrationBench.Artifact("meta", 50);
        Add(LegacyLayout.Flat, good);
        Add(LegacyLayout.Flat, poisoned);
        Add(LegacyLayout.Pack, pack);
        Add(LegacyLayout.MetaA, meta);
        _bench.Root.PutFlat(good.Key, good.Payloads, cowHashes: true);
        _bench.Root.PutFlat(poisoned.Key, poisoned.Payloads, cowHashes: true);
        _bench.Root.PutCowHash($"artifacts/{pack.Key}.pack");
        _bench.Root.PutCowHash($"artifacts/{meta.Key}.meta");
        _bench.Root.Put(LegacyRootBuilder.FlatPath(poisoned.Key, 0), new byte[50]);
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(3, report.Imported);
        _bench.AssertHit(good, ArtifactProvenance.DigestChecked);
        _bench.AssertHit(pack, ArtifactProvenance.DigestChecked);
        _bench.AssertHit(meta, ArtifactProvenance.DigestChecked);
        Assert.Equal("digest", _bench.ReasonFor(poisoned.Key));
    }

    [Fact]
    public async Task Each_kind_of_bad_entry_has_its_reason_and_leaves_the_others_alone()
    {
        LegacyArtifact good = Add(LegacyLayout.Flat, MigrationBench.Artifact("good", 10));
        Dictionary<string, string> expected = [];
        void Expect(string reason, LegacyRow row)
        {
            expected.Add(row.Key, reason);
            _bench.Root.Rows.Add(row);
        }

        LegacyRow row = MigrationBench.Artifact("x", 10, 20).ToRow();
        Expect("key", row with { Key = "abc" });
        Expect("key", row with { Key = "../../etc" });
        Expect("missing", row with { Key = MigrationBench.Key("missing") });
        Expect("row", row with { Key = MigrationBench.Key("total"), TotalSize = 7 });
        Expect("row", row with { Key = MigrationBench.Key("overflow"), Sizes = [ulong.MaxValue, 2] });
        Expect("row", row with { Key = MigrationBench.Key("modes"), Modes = [1] });
        Expect("size", row with { Key = MigrationBench.Key("size") });
        _bench.Root.PutFlat(MigrationBench.Key("size"), [new byte[10], new byte[21]]);
        Expect("size",
            row with { Key = MigrationBench.Key("huge"), Sizes = [1UL << 40], Names = ["x"], TotalSize = 1UL << 40 });
        _bench.Root.PutFlat(MigrationBench.Key("huge"), [new byte[10]]);
        Expect("pack", row with { Key = MigrationBench.Key("pack") });
        _bench.Root.Put($"artifacts/{MigrationBench.Key("pack")}.pack", "ZCPKxxxxxxxx"u8);
        Expect("staged", row with { Key = MigrationBench.Key("pointer") });
        _bench.Root.Put($"artifacts/.staged-v2/{MigrationBench.Key("pointer")}.current", "../../../../etc"u8);
        _bench.Root.Put($"artifacts/{MigrationBench.Key("cut")}.meta", [1, 2, 3]);
        expected.Add(MigrationBench.Key("cut"), "meta");
        _bench.Root.Put($"artifacts/{MigrationBench.Key("path")}.meta",
            LegacyEncoding.MetaWithPaths([("a", "/etc/passwd")]));
        expected.Add(MigrationBench.Key("path"), "meta");
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(1, report.Imported);
        _bench.AssertHit(good);
        Assert.Equal(expected.Count, report.Refused);
        foreach ((string key, string reason) in expected)
        {
            Assert.Equal(reason, _bench.ReasonFor(key));
        }

        Assert.Equal(expected.Values.GroupBy(static r => r)
            .ToDictionary(static g => g.Key, static g => (long)g.Count()),
            report.Reasons);
    }

    [SkippableFact]
    public async Task Links_pipes_and_directories_in_place_of_files_are_refused()
    {
        Skip.If(OperatingSystem.IsWindows());
        string[] keys = [.. Enumerable.Range(0, 5).Select(static i => MigrationBench.Key($"k{i}"))];
        foreach (string key in keys)
        {
            _bench.Root.Rows.Add(MigrationBench.Artifact("x", 4).ToRow() with { Key = key });
        }

        _bench.Write();
        string artifacts = Path.Combine(_bench.Source, "artifacts");
        File.WriteAllText(_bench.PathOf("secret"), "four");
        File.CreateSymbolicLink(Path.Combine(artifacts, keys[0] + "_0"), _bench.PathOf("secret"));
        Directory.CreateDirectory(Path.Combine(artifacts, keys[1] + "_0"));
        File.CreateSymbolicLink(Path.Combine(artifacts, keys[2] + ".pack"), _bench.PathOf("secret"));
        File.CreateSymbolicLink(Path.Combine(artifacts, keys[3] + ".meta"), _bench.PathOf("secret"));
        Directory.CreateDirectory(Path.Combine(artifacts, ".staged-v2"));
        File.CreateSymbolicLink(
            Path.Combine(artifacts, ".staged-v2", keys[4] + ".current"), _bench.PathOf("secret"));
        await _bench.RunAsync();
        Assert.Equal(["kind", "kind", "kind", "missing", "staged"], keys.Select(_bench.ReasonFor));
    }

    [SkippableFact]
    public async Task A_linked_generation_directory_is_no_generation()
    {
        Skip.If(OperatingSystem.IsWindows());
        LegacyArtifact artifact = Add(LegacyLayout.Staged, MigrationBench.Artifact("staged", 10));
        _bench.Write();
        string place = Path.Combine(_bench.Source, "artifacts", ".staged-v2", artifact.Key);
        Directory.Move(place, _bench.PathOf("outside"));
        Directory.CreateSymbolicLink(place, _bench.PathOf("outside"));
        await _bench.RunAsync();
        Assert.Equal("staged", _bench.ReasonFor(artifact.Key));
    }

    [Fact]
    public async Task An_index_that_cannot_be_read_is_reported_and_blobs_come_in_all_the_same()
    {
        LegacyArtifact meta = Add(LegacyLayout.MetaA, MigrationBench.Artifact("meta", 10));
        _bench.Write();
        File.WriteAllBytes(Path.Combine(_bench.Source, "index.bin"), new byte[4096]);
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(1, report.Imported);
        _bench.AssertHit(meta);
        Assert.Contains(_bench.Entries, static e => e is { Key: null, Source: "index.bin", Reason: "index" });
    }

    [Fact]
    public async Task A_snapshot_whose_index_was_changed_is_refused()
    {
        LegacyArtifact artifact = Add(LegacyLayout.Staged, MigrationBench.Artifact("staged", 10));
        _bench.Root.WriteIndex(LegacyIndexShape.R3);
        byte[] index = _bench.Root.Files["index.bin"].Bytes;
        string compatibility = new('a', 64);
        _bench.Root.Put("snapshot.json", LegacyEncoding.Snapshot(compatibility, index));
        _bench.Write();
        await _bench.RunAsync();
        _bench.AssertHit(artifact);

        using MigrationBench other = new();
        other.Root.Add(LegacyLayout.Staged, artifact);
        other.Root.Put("snapshot.json", LegacyEncoding.Snapshot(compatibility, [1, 2, 3]));
        other.Write();
        MigrationReport report = await other.RunAsync();
        Assert.Equal(0, report.Imported);
        Assert.Contains(other.Entries, static e => e is { Source: "snapshot.json", Reason: "snapshot" });
    }

    [Fact]
    public async Task Generations_without_a_row_are_counted_and_not_listed()
    {
        _bench.Root.PutStaged(MigrationBench.Key("nameless"), [MigrationBench.Bytes("n", 100)]);
        _bench.Root.PutStaged(MigrationBench.Key("unpublished"), [MigrationBench.Bytes("u", 100)], publish: false);
        _bench.Root.PutStaged(MigrationBench.Key("damaged"), [MigrationBench.Bytes("d", 100)]);
        string damaged = _bench.Root.Files.Keys.First(static p =>
            p.Contains(MigrationBench.Key("damaged"), StringComparison.Ordinal)
                && p.EndsWith("output-0", StringComparison.Ordinal));
        _bench.Root.Put(damaged, new byte[100]);
        _bench.Write();
        MigrationReport report = await _bench.RunAsync();
        Assert.Equal(1, report.Nameless);
        Assert.Empty(_bench.Entries);
    }

    [Fact]
    public async Task Of_two_rows_of_one_key_the_last_one_counts()
    {
        LegacyArtifact artifact = MigrationBench.Artifact("twice", 10);
        _bench.Root.Rows.Add(artifact.ToRow() with { Names = ["first"] });
        Add(LegacyLayout.Flat, artifact);
        _bench.Write();
        Assert.Equal(1, (await _bench.RunAsync()).Imported);
        _bench.AssertHit(artifact);
        Assert.Single(_bench.Entries);
    }

    [Fact]
    public async Task The_real_databases_are_read_row_by_row()
    {
        string[] names = ["index-redb26-v2", "index-redb26-v2-unclean", "index-redb26-v3", "index-redb41-v3"];
        foreach (string name in names.Select(static n => n + ".redb.gz"))
        {
            using MigrationBench bench = new();
            Directory.CreateDirectory(Path.Combine(bench.Source, "artifacts"));
            File.WriteAllBytes(Path.Combine(bench.Source, "index.redb"), RealFiles.Read(name));
            MigrationReport report = await bench.RunAsync(move: true);
            Assert.True(report.Imported + report.Skipped > 0, name);
            Assert.All(bench.Entries, e => Assert.True(
                e.Result == MigrationResult.Imported || e.Reason is "missing" or "row", $"{name}: {e.Key} {e.Reason}"));
            Assert.True(File.Exists(Path.Combine(bench.Source, "index.redb")), name);
        }
    }

    private LegacyArtifact Add(LegacyLayout layout, LegacyArtifact artifact)
    {
        _bench.Root.Add(layout, artifact);
        return artifact;
    }

    private ArtifactMetadata Metadata(LegacyArtifact artifact)
    {
        Assert.True(_bench.Store.TryGetMetadata(ArtifactKey.Parse(artifact.Key), out ArtifactMetadata? metadata));
        return metadata;
    }
}
