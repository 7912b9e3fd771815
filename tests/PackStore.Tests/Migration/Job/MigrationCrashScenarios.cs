using PackStore.Migration.Legacy;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;

namespace PackStore.Tests.Migration.Job;

/// <summary>A migration stopped at each of its operations, over an empty store, over one with other keys, and again
/// after a kill. The source only gets read, so it is the same for all states and lies in real files.</summary>
internal sealed class MigrationCrashScenarios : CrashScenarioSet
{
    private const int Version = 1_000_000;

    // Keys 1 to 6, in every layout but the one whose time cannot be set; the fifth has a loose payload.
    private static readonly int[] s_keys = [1, 2, 3, 4, 5, 6];

    private static readonly Lazy<string> s_source = new(WriteSource);

    /// <inheritdoc/>
    public override IEnumerable<CrashScenario> Make()
    {
        CrashStep migrate = CrashStep.Do(MigrateAsync);
        yield return new("migrate", Durability.OnFlush, migrate, CrashStep.Flush, CrashStep.Read);
        yield return new("migrate, kill, migrate", Durability.OnFlush,
            CrashStep.Put(7, 100), migrate, CrashStep.Kill, migrate, CrashStep.Reopen, migrate, CrashStep.Read);
        yield return new("migrate, on commit", Durability.OnCommit, migrate, CrashStep.Remove(2), CrashStep.Read);
    }

    private static async Task MigrateAsync(ArtifactStore store, CrashModel model)
    {
        foreach (int key in s_keys)
        {
            model.Start(key, Version + key);
        }

        await store.MigrateAsync(s_source.Value, new MigrationOptions { MaxParallelism = 1 });
        model.Acknowledge(s_keys, isDurable: store.Engine.Core.Options.Durability == Durability.OnCommit);
    }

    private static string WriteSource()
    {
        LegacyRootBuilder root = new();
        foreach (int key in s_keys)
        {
            int[] lengths = key == 5 ? [100, 5000] : [50 * key, 16];
            LegacyArtifact artifact = new()
            {
                Key = SampleArtifact.Key(key).ToString(),
                Outputs = [.. lengths.Select((length, i) =>
                    ($"out/{i}", SampleArtifact.Payload(key, Version + key, i, length)))],
                Stdout = BitConverter.GetBytes(lengths.Length),
                ExitCode = Version + key,
                StoredAtSeconds = (ulong)StillClock.Instance.GetUtcNow().ToUnixTimeSeconds(),
            };
            root.Add((key % 3) switch { 0 => LegacyLayout.Flat, 1 => LegacyLayout.Pack, _ => LegacyLayout.Staged },
                artifact);
        }

        root.WriteIndex(LegacyIndexShape.R3);
        string source = Directory.CreateTempSubdirectory("packstore-crash-source-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(source, recursive: true);
        root.WriteTo(source);
        return source;
    }
}
