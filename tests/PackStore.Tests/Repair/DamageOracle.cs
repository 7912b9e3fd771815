using PackStore.Repair;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Verification;

namespace PackStore.Tests.Repair;

/// <summary>
/// Judges a damaged store: it opens or refuses with a typed exception; a hit is exact; a hit that is lost is explained;
/// and after a repair all that was untouched is there and nothing is wrong any more.
/// </summary>
internal static class DamageOracle
{
    /// <summary>What is wrong with the store as it is, or null.</summary>
    public static string? FindProblem(DamageSample sample, StoreImage damaged)
    {
        MemoryDirectory disk = damaged.ToDisk();
        try
        {
            VerifyReport report = StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default));
            Dictionary<int, int>? found = TryReadAll(disk);
            if (found is null)
            {
                return report.IsClean ? "it does not open, and verify finds nothing" : null;
            }

            foreach (int key in DamageSample.Keys)
            {
                bool isOld = found[key] != DamageSample.Newest(key);
                if (isOld && report.IsClean)
                {
                    return $"key {key} is {found[key]}, and verify finds nothing";
                }
            }

            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return IsIdentityLost(damaged) && e is CorruptStoreException or NotAStoreException ? null : e.ToString();
        }
        finally
        {
            disk.Discard();
        }
    }

    /// <summary>What is wrong with the store after a repair, or null.</summary>
    public static async Task<string?> FindProblemAfterRepairAsync(DamageSample sample, StoreImage damaged)
    {
        MemoryDirectory disk = damaged.ToDisk();
        try
        {
            RepairReport report = await StoreRepairer.RunAsync(
                () => disk, new RepairOptions { TimeProvider = StillClock.Instance }, null, default);
            if (!report.IsClean)
            {
                return $"left: {string.Join("; ", report.After!.Damage)}";
            }

            if (StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default)) is { IsClean: false } again)
            {
                return $"found again: {string.Join("; ", again.Damage)}";
            }

            Dictionary<int, int> found = TryReadAll(disk)!;
            foreach (int key in DamageSample.Keys)
            {
                int newest = DamageSample.Newest(key);
                if (sample.IsUntouched(damaged, key) && found[key] != newest)
                {
                    return $"key {key} was not touched, and is {found[key]} instead of {newest}";
                }
            }

            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return IsIdentityLost(damaged) && e is CorruptStoreException or NotAStoreException ? null : e.ToString();
        }
        finally
        {
            disk.Discard();
        }
    }

    /// <summary>The version of each key; null if the store refuses to open because STORE is lost.</summary>
    private static Dictionary<int, int>? TryReadAll(MemoryDirectory disk)
    {
        try
        {
            using ArtifactStore store = ArtifactStore.OpenOver(disk, DamageSample.Options);
            return DamageSample.Keys.ToDictionary(static k => k, k => SampleArtifact.VersionOf(store, k));
        }
        catch (PackStoreException e) when (e is CorruptStoreException or NotAStoreException)
        {
            return null;
        }
    }

    /// <summary>Whether neither copy in STORE nor any segment's header is what it was.</summary>
    private static bool IsIdentityLost(StoreImage damaged) =>
        !damaged.Files.Keys.Any(static n => n.StartsWith("segments/", StringComparison.Ordinal));
}
