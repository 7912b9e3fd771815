using PackStore.Engine;
using PackStore.Format;
using PackStore.Storage;

namespace PackStore.Verification;

/// <summary>
/// Verifies a store without opening it: takes no lock, changes nothing, and never takes what a live writer is doing
/// for damage.
/// </summary>
/// <remarks>In this order: identity, checkpoint and HEAD, then segments, then loose files, then snapshots. What must
/// be there is thus read
/// before what is there, and what vanishes in between is asked for again.</remarks>
internal static class StoreVerifier
{
    /// <summary>Verifies the store in a directory that exists.</summary>
    public static Task<VerifyReport> RunAsync(
        string path, VerifyOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken ct)
    {
        Check(options);
        return OwnThread.Run("packstore verify", () =>
        {
            using IStoreDirectory directory = StoreDirectories.Open(path);
            return Run(directory, options, progress, ct);
        });
    }

    /// <summary>Verifies over a directory that stays the caller's.</summary>
    public static Task<VerifyReport> RunAsync(
        IStoreDirectory directory, VerifyOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken ct)
    {
        Check(options);
        return OwnThread.Run("packstore verify", () => Run(directory, options, progress, ct));
    }

    private static void Check(VerifyOptions options)
    {
        if (!(options.Sample is > 0 and <= 1))
        {
            throw new ArgumentException($"The sample is above 0 and at most 1; got {options.Sample}.", nameof(options));
        }

        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FromSegment);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxBytes ?? 0, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxTime ?? TimeSpan.Zero, TimeSpan.Zero, nameof(options));
    }

    private static VerifyReport Run(
        IStoreDirectory directory, VerifyOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken ct) => Run(new VerifyRun(directory, options, progress, ct));

    /// <summary>Verifies on this thread; what is found on the way goes to the run's witness too.</summary>
    public static VerifyReport Run(VerifyRun run)
    {
        run.Token.ThrowIfCancellationRequested();
        if (IdentityVerifier.Run(run) is not { } identity)
        {
            run.Findings.Note("Nothing tells the store's identity, so nothing else could be checked.");
            return Report(run, default, null);
        }

        run.Identity = identity;
        using HeadView head = new(run);
        CheckpointVerifier checkpoint = new(run);
        checkpoint.Run();
        SegmentVerifier segments = new(run, checkpoint, head);
        segments.Run();
        if (run.Level != VerifyLevel.Index)
        {
            new LooseVerifier(run, segments).Run();
        }

        if (segments.NextSegment is null)
        {
            new IndexVerifier(run, checkpoint).Run();
        }

        if (segments.IsPart && run.Findings.Count > 0)
        {
            segments.CatchUp();
        }

        return Report(run, CountLoss(run, checkpoint, segments), segments.NextSegment);
    }

    /// <summary>Damaged records tell what they lost; what a lost segment held is told by the counts of a clean
    /// checkpoint.</summary>
    private static LossCount CountLoss(VerifyRun run, CheckpointVerifier checkpoint, SegmentVerifier segments)
    {
        run.Tracker.Count(out LossCount lost, out LossCount intact);
        if (!segments.HasUnnamedLoss || checkpoint is not { IsCurrent: true, Record: { IsClean: true } record })
        {
            return lost;
        }

        StoreCounters counters = record.Counters;
        return new LossCount(
            Math.Max(lost.Artifacts, counters.Artifacts - intact.Artifacts),
            Math.Max(lost.Payloads, counters.Payloads - intact.Payloads),
            lost.Bytes + segments.AbsentLiveBytes);
    }

    private static VerifyReport Report(VerifyRun run, LossCount lost, int? next) => new()
    {
        NextSegment = next,
        Level = run.Level,
        Segments = run.Segments,
        Records = run.Records,
        Bytes = run.Bytes,
        LooseFiles = run.LooseFiles,
        Damage = run.Findings.Sorted(),
        Notes = run.Findings.Notes,
        LostArtifacts = lost.Artifacts,
        LostPayloads = lost.Payloads,
        LostBytes = lost.Bytes,
    };
}
