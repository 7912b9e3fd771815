using System.Security.Cryptography;
using System.Text.Json;
using PackStore.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Migration.Job;

/// <summary>Every generated root: exactly the hits of its manifest, to the byte, and a reason for everything
/// else.</summary>
public sealed class GeneratedRootTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Exactly_the_artifacts_of_the_manifest_are_hits_afterwards()
    {
        Skip.If(GeneratedRoots.Folder is null, GeneratedRoots.Reason);
        long hits = 0;
        long refused = 0;
        foreach ((string name, JsonElement expected) in GeneratedRoots.All())
        {
            using TempStore temp = new();
            string source = Path.Combine(GeneratedRoots.Folder, name);
            List<MigrationEntry> entries = [];
            await using ArtifactStore store = ArtifactStore.Open(temp.PathOf("store"));
            MigrationReport report = await store.MigrateAsync(source, new MigrationOptions { OnEntry = entries.Add });
            Check(name, store, report, entries, expected);
            hits += report.Imported;
            refused += report.Refused;
        }

        output.WriteLine($"{hits} hits, {refused} refused");
        Assert.True(hits > 100 && refused > 100);
    }

    [SkippableFact]
    public async Task A_second_run_imports_nothing_and_moving_ends_in_the_same_store()
    {
        Skip.If(GeneratedRoots.Folder is null, GeneratedRoots.Reason);
        foreach ((string name, JsonElement expected) in GeneratedRoots.All())
        {
            using TempStore temp = new();
            string source = Path.Combine(GeneratedRoots.Folder, name);
            string copy = temp.PathOf("source");
            TreeCopy.Run(source, copy);
            await using ArtifactStore store = ArtifactStore.Open(temp.PathOf("store"));
            MigrationReport plan = await store.MigrateAsync(copy, new MigrationOptions { DryRun = true });
            MigrationReport first = await store.MigrateAsync(copy);
            Assert.Equal(first.Imported, plan.Imported);
            Assert.Equal(first.Reasons, plan.Reasons);
            Assert.Equal(first.NeededBytes, plan.NeededBytes);
            MigrationReport second = await store.MigrateAsync(copy);
            Assert.Equal(0, second.Imported);
            Assert.Equal(first.Imported + first.Duplicates, second.Duplicates);
            Assert.Equal(first.Reasons, second.Reasons);

            await using ArtifactStore moved = ArtifactStore.Open(temp.PathOf("moved"));
            List<MigrationEntry> entries = [];
            MigrationReport third = await moved.MigrateAsync(
                copy, new MigrationOptions { MoveSource = true, OnEntry = entries.Add });
            Check(name, moved, third, entries, expected);
            MigrationReport again = await moved.MigrateAsync(copy, new MigrationOptions { MoveSource = true });
            Assert.Equal(0, again.Imported);
            Assert.Equal(0, again.DeletedFiles);
        }
    }

    private static void Check(
        string name, ArtifactStore store, MigrationReport report, List<MigrationEntry> entries, JsonElement expected)
    {
        Dictionary<string, JsonElement> hits = expected.GetProperty("entries").EnumerateArray()
            .ToDictionary(static e => e.GetProperty("key").GetString()!, static e => e);
        foreach ((string key, JsonElement entry) in hits)
        {
            if (key.Length % 2 != 0)
            {
                Assert.Contains(entries, e => e.Key == key && e.Reason == "key");
                continue;
            }

            Assert.True(entries.Count(e => e.Key == key && e.Result == MigrationResult.Imported) == 1,
                $"{name}: {key}");
            ExpectedEntry.Check($"{name}: {key}", store, ArtifactKey.Parse(key), entry);
        }

        foreach (JsonElement miss in expected.GetProperty("misses").EnumerateArray())
        {
            string key = miss.GetProperty("key").GetString()!;
            string reason = miss.GetProperty("reason").GetString()!;
            Assert.True(
                entries.Any(e => e.Key == key && e is { Result: MigrationResult.Skipped, Reason: not null }),
                $"{name}: nothing is said of {key}, which is no hit because of {reason}");
        }

        int odd = hits.Keys.Count(static k => k.Length % 2 != 0);
        Assert.Equal(hits.Count - odd, store.EnumerateKeys().Count());
        Assert.Equal(hits.Count - odd, report.Imported);
        Assert.Equal(expected.GetProperty("nameless").GetArrayLength(), report.Nameless);
        Assert.Equal(report.Skipped, entries.Count(static e => e.Result == MigrationResult.Skipped));
        bool isCorrupt = expected.GetProperty("index").GetString() == "corrupt";
        Assert.True(isCorrupt == entries.Any(static e => e is { Key: null, Reason: "index" }), name);
    }
}

/// <summary>Compares a hit with what a manifest says of it.</summary>
internal static class ExpectedEntry
{
    public static void Check(string what, ArtifactStore store, in ArtifactKey key, JsonElement expected)
    {
        using PayloadLease lease = store.EnsurePayloads(key);
        Assert.True(lease.IsHit, what);
        JsonElement[] outputs = [.. expected.GetProperty("outputs").EnumerateArray()];
        Assert.Equal(outputs.Length, lease.Count);
        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.Equal(outputs[i].GetProperty("name").GetString(), lease.Metadata.Payloads[i].Name);
            Assert.Equal(outputs[i].GetProperty("sha256").GetString(), Hash(lease[i]));
            JsonElement mode = outputs[i].GetProperty("mode");
            UnixFileMode? bits = mode.ValueKind == JsonValueKind.Null ? null : (UnixFileMode)(mode.GetInt32() & 0xFFF);
            Assert.Equal(bits, lease.Metadata.Payloads[i].Mode);
        }

        Assert.Equal(expected.GetProperty("exit_code").GetInt32(), lease.Metadata.ExitCode);
        Assert.Equal(expected.GetProperty("stdout").GetProperty("sha256").GetString(), Hash(lease.StandardOutput));
        Assert.Equal(expected.GetProperty("stderr").GetProperty("sha256").GetString(), Hash(lease.StandardError));
        CheckVerdicts(what, lease.Metadata, expected.GetProperty("verdicts"));
        if (expected.GetProperty("stored_at") is { ValueKind: JsonValueKind.Number } at
            && at.TryGetInt64(out long seconds) && seconds < TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())
        {
            Assert.Equal(seconds, lease.Metadata.StoredAt.ToUnixTimeSeconds());
        }

        bool isStaged = expected.GetProperty("source").GetString() == "staged";
        Assert.True(!isStaged || lease.Metadata.Provenance == ArtifactProvenance.DigestChecked, what);
        Assert.NotEqual(ArtifactProvenance.Put, lease.Metadata.Provenance);
    }

    private static void CheckVerdicts(string what, ArtifactMetadata found, JsonElement expected)
    {
        Assert.Equal(expected.EnumerateObject().Count(), found.Verdicts.Count);
        foreach (JsonProperty verdict in expected.EnumerateObject())
        {
            ArtifactVerdict match = Assert.Single(found.Verdicts, v => v.Name == verdict.Name);
            Assert.Equal(verdict.Value.GetProperty("exit_code").GetInt32(), match.ExitCode);
            Assert.True(Matches(verdict.Value.GetProperty("stdout"), match.StandardOutput.Span), what);
            Assert.True(Matches(verdict.Value.GetProperty("stderr"), match.StandardError.Span), what);
        }
    }

    private static bool Matches(JsonElement hash, ReadOnlySpan<byte> bytes) => hash.GetString() == Hash(bytes);

    private static string Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return Convert.ToHexStringLower(digest);
    }
}
