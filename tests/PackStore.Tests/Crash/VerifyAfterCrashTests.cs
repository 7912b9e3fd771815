using System.Collections.Concurrent;
using System.Globalization;
using PackStore.Format;
using PackStore.TestKit;
using PackStore.Verification;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Crash;

/// <summary>
/// What a kill or a power cut leaves, verified before anybody opens it: what was never promised is a note, never
/// damage, for nothing of it is lost. <c>PACKSTORE_VERIFY_STATES</c> sets how many states are tried in all.
/// </summary>
public class VerifyAfterCrashTests(ITestOutputHelper output)
{
    private const long DefaultStates = 20_000;

    public static TheoryData<string> Scenarios => new(
        CrashScenario.All.Select(static s => s.Name).Where(static n => !IsOfDamaged(n)));

    // A repair begins with damage, and ends with it if it is stopped.
    private static bool IsOfDamaged(string name) =>
        name.StartsWith("repair", StringComparison.Ordinal) || name.StartsWith("damaged", StringComparison.Ordinal);

    private static long States => long.TryParse(
        Environment.GetEnvironmentVariable("PACKSTORE_VERIFY_STATES"), CultureInfo.InvariantCulture, out long states)
        ? states
        : DefaultStates;

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task What_a_crash_leaves_is_no_damage(string name)
    {
        List<CrashMoment> moments = await CrashMoments.CollectAsync(CrashScenario.Of(name));
        int share = (int)Math.Max(2, States / CrashScenario.All.Count / Math.Max(1, moments.Count));
        ConcurrentDictionary<UInt128, byte> seen = [];
        ConcurrentQueue<string> problems = [];
        Parallel.For(0, moments.Count, m =>
        {
            CrashMoment moment = moments[m];
            foreach (MemoryDirectory image in KillImages.Of(moment.Disk))
            {
                Judge(image, $"moment {m} after '{moment.Line}', kill");
            }

            foreach (ICrashChooser chooser in CrashEnumerator.Choices(moment.Disk.PendingUnits, share, m))
            {
                Judge(moment.Disk.Crash(chooser), $"moment {m} after '{moment.Line}', {chooser}");
            }

            moment.Disk.Discard();
        });

        output.WriteLine($"{name}: {moments.Count} moments, {seen.Count} states");
        Assert.True(
            problems.IsEmpty, $"{problems.Count} of {seen.Count}, the first:\n{string.Join('\n', problems.Take(5))}");

        void Judge(MemoryDirectory image, string where)
        {
            if (seen.TryAdd(image.Fingerprint(), 0))
            {
                try
                {
                    VerifyReport report = StoreVerifier.Run(
                        new VerifyRun(image, new VerifyOptions(), null, default) { Patience = 0 });
                    foreach (VerifyFinding finding in report.Damage)
                    {
                        problems.Enqueue($"{where}: {finding}");
                    }
                }
                catch (NotAStoreException e)
                {
                    // Its creation had only begun: before it is one, nothing is put into it.
                    if (image.List(StoreFileNames.Segments).Count > 0)
                    {
                        problems.Enqueue($"{where}: {e.Message}");
                    }
                }
            }

            image.Discard();
        }
    }
}
