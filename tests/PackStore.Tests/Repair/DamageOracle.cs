using PackStore.Format;
using PackStore.Repair;
using PackStore.Storage;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using PackStore.Verification;

namespace PackStore.Tests.Repair;

/// <summary>
/// Judges a damaged store: it opens or refuses with a typed exception; a hit is exact; what is lost is told by file,
/// offset and key, before and after an open; and after a repair all that was untouched is there, what is lost is named,
/// and nothing is wrong any more.
/// </summary>
internal sealed class DamageOracle(DamageSample sample)
{
    private static readonly VerifyOptions s_full = new();
    private static readonly RepairOptions s_repair = new() { TimeProvider = StillClock.Instance };
    private long _repaired;

    /// <summary>How many of the stores judged were damaged, so that they were repaired.</summary>
    public long Repaired => Interlocked.Read(ref _repaired);

    /// <summary>What is wrong, or null.</summary>
    public string? FindProblem(StoreImage damaged)
    {
        try
        {
            return FindProblemAsItIs(damaged, out bool isDamaged)
                ?? (isDamaged ? FindProblemAfterRepair(damaged) : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return IsIdentityLost(damaged) && e is CorruptStoreException or NotAStoreException ? null : e.ToString();
        }
    }

    private static VerifyReport Verify(IStoreDirectory disk) =>
        StoreVerifier.Run(new VerifyRun(disk, s_full, null, default));

    private string? FindProblemAsItIs(StoreImage damaged, out bool isDamaged)
    {
        isDamaged = true;
        MemoryDirectory disk = damaged.ToDisk();
        try
        {
            VerifyReport report = Verify(disk);
            isDamaged = !report.IsClean;
            if (TryReadAll(disk) is not { } found)
            {
                return isDamaged ? null : "it does not open, and verify finds nothing";
            }

            bool isLost = false;
            foreach (int key in DamageSample.Keys)
            {
                if (found[key] != DamageSample.Newest(key))
                {
                    isLost = true;
                    if (FindUntold(damaged, report, key) is { } problem)
                    {
                        return $"key {key} is {found[key]}: {problem}";
                    }
                }
            }

            // An open for writing makes new hints and a new checkpoint: it must not make the loss look right.
            return isLost && Verify(disk).IsClean ? "after an open verify finds nothing any more" : null;
        }
        finally
        {
            disk.Discard();
        }
    }

    /// <summary>What is missing in a report about an artifact that is not what it was.</summary>
    private string? FindUntold(StoreImage damaged, VerifyReport report, int key)
    {
        if (report.IsClean)
        {
            return "verify finds nothing";
        }

        if (sample.IsUntouched(damaged, key))
        {
            string file = sample.PlaceOf(key).File;
            return IsWhole(report, file) && !sample.IsServedByTrailer(damaged, file)
                ? null : "nothing of it was touched";
        }

        DamagePlace place = sample.PlaceOf(key);
        if (IsWhole(report, place.File))
        {
            return null;
        }

        VerifyFinding[] near =
        [
            .. report.Damage.Where(f => place.Loose.Contains(f.File)
                || (f.File == place.File && f.Offset + f.Length > place.Offset
                    && f.Offset < place.Offset + place.Length)),
        ];
        if (near.Length == 0)
        {
            return $"no finding at {place}: {Text(report)}";
        }

        // The key may be what the damage hit, and no directory block may tell its hash; or the header of another record
        // may stand there.
        return near.Any(f => f.Key == place.Key || f.Key is null) || HasOtherHeader(damaged, place)
            ? null
            : $"no finding has its key: {Text(report)}";
    }

    private static bool HasOtherHeader(StoreImage damaged, DamagePlace place) =>
        RecordHeader.TryRead(damaged.Files[place.File].AsSpan((int)place.Offset), long.MaxValue, out RecordHeader found)
        && found.Sequence != place.Sequence;

    /// <summary>Whether a report says of a segment that all of it, or its end, is lost.</summary>
    private static bool IsWhole(VerifyReport report, string file) =>
        report.Damage.Any(f => f.File == file && f.Kind == VerifyFindingKind.Segment);

    private string? FindProblemAfterRepair(StoreImage damaged)
    {
        Interlocked.Increment(ref _repaired);
        MemoryDirectory disk = damaged.ToDisk();
        try
        {
            RepairReport report = StoreRepairer.Run(() => disk, s_repair, null, default);
            if (!report.IsClean || !report.IsRepaired)
            {
                return $"left: {Text(report.After ?? report.Before)}";
            }

            if (Verify(disk) is { IsClean: false } again)
            {
                return $"found again: {Text(again)}";
            }

            foreach (string name in report.Quarantined)
            {
                if (!IsKept(disk, damaged, name))
                {
                    return $"{name} is not in quarantine with all that is whole in it";
                }
            }

            Dictionary<int, int> found = TryReadAll(disk)!;
            foreach (int key in DamageSample.Keys)
            {
                if (found[key] == DamageSample.Newest(key))
                {
                    continue;
                }

                if (sample.IsUntouched(damaged, key))
                {
                    return $"key {key} was not touched, and is {found[key]} instead of {DamageSample.Newest(key)}";
                }

                // A file that is cut or gone takes keys with it that nothing names; the report says so of the file.
                if (!report.HitKeys.Contains(SampleArtifact.Key(key))
                    && FindUntold(damaged, report.Before, key) is { } untold)
                {
                    return $"repaired, key {key} is {found[key]}: {untold}";
                }
            }

            return null;
        }
        finally
        {
            disk.Discard();
        }
    }

    /// <summary>Whether a file lies in quarantine: with every record that is whole, if it is a segment, for a second
    /// pass may take one that the engine has sealed meanwhile.</summary>
    private bool IsKept(MemoryDirectory disk, StoreImage damaged, string name)
    {
        using IStoreFile? file = disk.TryOpen(StoreFileNames.Quarantined(name, 0), writable: false);
        if (file is null || !damaged.Files.TryGetValue(name, out byte[]? expected))
        {
            return false;
        }

        byte[] bytes = new byte[file.Stat().Length];
        return file.Read(0, bytes) == bytes.Length
            && (bytes.AsSpan().SequenceEqual(expected) || IsKept(damaged, damaged.With(name, bytes), name));
    }

    private bool IsKept(StoreImage damaged, StoreImage kept, string name) => sample.Places.All(
        p => p.File != name || !damaged.IsSame(sample.Image, name, p.Offset, p.Length)
            || kept.IsSame(sample.Image, name, p.Offset, p.Length));

    private static string Text(VerifyReport report) => string.Join("; ", report.Damage);

    /// <summary>The version of each key; null if the store refuses to open because STORE is lost.</summary>
    private static Dictionary<int, int>? TryReadAll(MemoryDirectory disk)
    {
        try
        {
            using ArtifactStore store = ArtifactStore.OpenOver(disk, DamageSample.Options);
            return DamageSample.Keys.ToDictionary(static k => k, k => DamageSample.VersionOf(store, k));
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
