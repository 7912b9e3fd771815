namespace PackStore.Tools.Verifying;

/// <summary>Verifies, in one go or in parts of some seconds after each of which it is remembered how far it got: what
/// is interrupted then loses no more than that.</summary>
internal sealed class VerifyParts(
    string store, VerifyLevel level, double sample, VerifyBudget budget, ResumeFile? resume, TimeProvider clock,
    IProgress<MaintenanceProgress> progress)
{
    private static readonly TimeSpan s_part = TimeSpan.FromSeconds(5);

    /// <summary>Runs to the end, or as far as the budget goes.</summary>
    public async Task<VerifyTotals> RunAsync(CancellationToken cancellationToken)
    {
        VerifyTotals totals = resume?.Load() ?? new VerifyTotals();
        long started = clock.GetTimestamp();
        long read = totals.Bytes;
        while (true)
        {
            TimeSpan? left = budget.MaxTime - clock.GetElapsedTime(started);
            long? leftBytes = budget.MaxBytes - (totals.Bytes - read);
            VerifyOptions options = new()
            {
                Level = level,
                Sample = sample,
                FromSegment = totals.NextSegment ?? 0,
                MaxTime = resume is null ? null : Least(s_part, left),
                MaxBytes = leftBytes is { } bytes ? Math.Max(0, bytes) : null,
            };
            totals.Add(await ArtifactStore.VerifyDirectoryAsync(store, options, progress, cancellationToken));
            resume?.Save(totals);
            bool isSpent = totals.Bytes - read >= budget.MaxBytes
                || clock.GetElapsedTime(started) >= budget.MaxTime;
            if (totals.NextSegment is null || isSpent)
            {
                return totals;
            }
        }
    }

    private static TimeSpan Least(TimeSpan part, TimeSpan? left) =>
        left is not { } most || most > part ? part : most > TimeSpan.Zero ? most : TimeSpan.Zero;
}
