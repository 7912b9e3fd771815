using PackStore.Engine;
using PackStore.Engine.Importing;
using PackStore.Migration.Sources;
using PackStore.Storage;
using PackStore.Storage.Foreign;

namespace PackStore.Migration;

/// <summary>One run: finds the roots of a legacy cache and brings them in, one after the other.</summary>
internal static class MigrationJob
{
    private const int MostWorkers = 4;

    /// <summary>Runs on a thread of its own.</summary>
    /// <param name="engine">The store; <see langword="null"/> for the plan of one that is not there.</param>
    /// <param name="place">Where the store is or would be: asked for free space.</param>
    /// <param name="open">Opens the top of the legacy cache.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops between two entries; what is in the store stays there.</param>
    public static Task<MigrationReport> RunAsync(
        StoreEngine? engine, IStoreDirectory place, Func<IForeignDirectory> open, MigrationOptions options,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancellationToken) => OwnThread.Run(
        "PackStore migration", () => Run(engine, place, open, options, progress, cancellationToken));

    private static MigrationReport Run(
        StoreEngine? engine, IStoreDirectory place, Func<IForeignDirectory> open, MigrationOptions options,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        MigrationReport report = new(options.DryRun) { AvailableBytes = place.AvailableBytes() };
        MigrationTally tally = new(report, options.OnEntry, progress);
        IImportTarget target = options.DryRun ? new PlanImport(engine) : new StoreImport(engine!);
        TimeProvider clock = engine?.Core.Options.TimeProvider ?? TimeProvider.System;
        MigrationContext context = new(
            target, tally, clock.GetUtcNow().ToUnixTimeMilliseconds(), options.MoveSource && !options.DryRun,
            options.MaxParallelism > 0 ? options.MaxParallelism
                : Math.Clamp(Environment.ProcessorCount, 2, MostWorkers));
        List<MigrationRoot> roots = [];
        report.Roots = roots;
        try
        {
            using IForeignDirectory top = open();
            foreach (string path in RootFinder.Find(top))
            {
                using LegacyRoot? root = LegacyRoot.TryOpen(top, path, exclusive: context.Move);
                if (root is not null)
                {
                    roots.Add(root.Report);
                    new RootMigration(context, root).Run(cancellationToken);
                }
            }

        }
        finally
        {
            tally.Complete();
            report.NeededBytes = target.NeededBytes;
        }

        tally.ReportProgress();
        return report;
    }
}
