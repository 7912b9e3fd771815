using System.Security.Cryptography;
using System.Text;
using PackStore.Migration.Legacy;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>A store and a legacy cache beside it, for one test.</summary>
internal sealed class MigrationBench : IDisposable
{
    /// <summary>When artifacts were stored, seconds since 1970: ten days ago, at the hour.</summary>
    public static readonly ulong StoredAt =
        ((ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - (240 * 3600)) / 3600 * 3600;

    private readonly TempStore _temp = new();
    private ArtifactStore? _store;

    /// <summary>The cache's directory.</summary>
    public string Source => _temp.PathOf("source");

    /// <summary>The root that is written by <see cref="Write"/>.</summary>
    public LegacyRootBuilder Root { get; } = new();

    /// <summary>The options to open the store with.</summary>
    public PackStoreOptions Options { get; init; } = new();

    /// <summary>The store, opened when first asked for.</summary>
    public ArtifactStore Store => _store ??= ArtifactStore.Open(_temp.PathOf("store"), Options);

    /// <summary>What was said of each entry in the last run.</summary>
    public List<MigrationEntry> Entries { get; } = [];

    /// <summary>A path beside store and cache.</summary>
    public string PathOf(string name) => _temp.PathOf(name);

    /// <summary>An artifact whose key and bytes follow from its label.</summary>
    public static LegacyArtifact Artifact(string label, params int[] lengths) => new()
    {
        Key = Key(label),
        Outputs = [.. lengths.Select((length, i) => ($"{label}.{i}.o", Bytes($"{label}{i}", length)))],
        Stdout = Encoding.UTF8.GetBytes($"out {label}"),
        Stderr = Encoding.UTF8.GetBytes($"warning {label}"),
        ExitCode = label.Length,
        StoredAtSeconds = StoredAt,
    };

    /// <summary>The key of a label.</summary>
    public static string Key(string label) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(label)));

    /// <summary>Bytes that follow from a label.</summary>
    public static byte[] Bytes(string label, int length)
    {
        byte[] bytes = new byte[length];
        new Random(label.Aggregate(17, static (h, c) => (h * 31) + c)).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Writes the root with its index.</summary>
    public void Write(LegacyIndexShape shape = LegacyIndexShape.R3, string below = "")
    {
        Root.WriteIndex(shape);
        Root.WriteTo(Path.Combine(Source, below));
    }

    /// <summary>Runs a migration.</summary>
    public async Task<MigrationReport> RunAsync(bool move = false, bool dryRun = false, int parallelism = 0)
    {
        Entries.Clear();
        return await Store.MigrateAsync(Source, new MigrationOptions
        {
            MoveSource = move,
            DryRun = dryRun,
            MaxParallelism = parallelism,
            OnEntry = Entries.Add,
        });
    }

    /// <summary>Closes the store, to be opened again when asked for.</summary>
    public void Close()
    {
        _store?.Dispose();
        _store = null;
    }

    /// <summary>Fails unless an artifact is a hit, in everything a legacy cache knows of it.</summary>
    public void AssertHit(LegacyArtifact expected, ArtifactProvenance? provenance = null) =>
        AssertHit(Store, expected, provenance);

    /// <summary>The same in another store.</summary>
    public static void AssertHit(ArtifactStore store, LegacyArtifact expected, ArtifactProvenance? provenance = null)
    {
        using PayloadLease lease = store.PeekPayloads(ArtifactKey.Parse(expected.Key));
        Assert.True(lease.IsHit, $"{expected.Key} is a miss");
        Assert.Equal(expected.Outputs.Count, lease.Count);
        for (int i = 0; i < lease.Count; i++)
        {
            Assert.Equal(expected.Outputs[i].Name, lease.Metadata.Payloads[i].Name);
            Assert.True(lease[i].SequenceEqual(expected.Outputs[i].Bytes), $"output {i} of {expected.Key}");
            Assert.Equal(
                expected.Modes.Count == 0 ? null : (UnixFileMode)(expected.Modes[i] & 0xFFF),
                lease.Metadata.Payloads[i].Mode);
        }

        Assert.True(lease.StandardOutput.SequenceEqual(expected.Stdout));
        Assert.True(lease.StandardError.SequenceEqual(expected.Stderr));
        Assert.Equal(expected.ExitCode, lease.Metadata.ExitCode);
        Assert.Equal(expected.Verdicts.Select(static v => v.Name), lease.Metadata.Verdicts.Select(static v => v.Name));
        Assert.True(provenance is null || provenance == lease.Metadata.Provenance);
    }

    /// <summary>Whether a key is a hit.</summary>
    public bool IsHit(string key)
    {
        using PayloadLease lease = Store.PeekPayloads(ArtifactKey.Parse(key));
        return lease.IsHit;
    }

    /// <summary>The reason given for a key; null if it was not left out.</summary>
    public string? ReasonFor(string key) => Assert.Single(Entries, e => e.Key == key).Reason;

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _temp.Dispose();
    }
}
