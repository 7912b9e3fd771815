using System.Globalization;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Crash;

/// <summary>
/// Every operation of every scenario fails, once or from then on: only typed exceptions surface, nothing acknowledged
/// is lost, and once the disk
/// is well again so is the store. <c>PACKSTORE_FAULTS=all</c> tries every kind of failure at every operation, else the
/// kinds take turns.
/// </summary>
public class FaultSweepTests(ITestOutputHelper output)
{
    // Of a scenario that has more operations, every so many are tried, unless all are asked for.
    private const int MostOperations = 400;
    private const int Eintr = 4;
    private const int Eio = 5;
    private const int Eacces = 13;
    private const int Emfile = 24;
    private const int Enospc = 28;
    private const int Edquot = 122;

    private static readonly (int Errno, bool IsShort)[] s_kinds =
        [(Eio, false), (Enospc, false), (Edquot, false), (Emfile, false), (Eacces, false), (Eintr, false), (Eio, true),
            (Enospc, true)];

    public static TheoryData<string> Scenarios => new(CrashScenario.All.Select(s => s.Name));

    private static bool TriesAll => Environment.GetEnvironmentVariable("PACKSTORE_FAULTS") == "all";

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_failing_disk_loses_nothing_acknowledged(string name)
    {
        CrashScenario scenario = CrashScenario.Of(name);
        int operations = await RunAsync(scenario, new FaultPlan { Errno = Eio, At = int.MaxValue, Matches = CanFail },
            "none", []);
        List<string> problems = [];
        int runs = 0;
        int step = TriesAll ? 1 : 1 + (operations / MostOperations);
        int turn = 0;
        for (int at = 1; at <= operations; at += step)
        {
            turn++;
            for (int kind = 0; kind < s_kinds.Length * 2; kind++)
            {
                if (!TriesAll && kind != (turn * 5) % (s_kinds.Length * 2))
                {
                    continue;
                }

                (int errno, bool isShort) = s_kinds[kind / 2];
                bool lasting = kind % 2 == 1;
                await RunAsync(
                    scenario,
                    new FaultPlan
                    {
                        Errno = errno,
                        At = at,
                        IsLasting = lasting,
                        IsShortWrite = isShort,
                        Matches = CanFail
                    },
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"operation {at} of {operations}, errno {errno}, lasting {lasting}, short {isShort}"),
                    problems);
                runs++;
            }
        }

        output.WriteLine($"{name}: {operations} operations, {runs} runs");
        Assert.True(problems.Count == 0,
            $"{problems.Count} of {runs} runs bad, the first:\n{string.Join('\n', problems.Take(4))}");
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task What_cannot_be_read_for_a_while_is_not_lost(string name)
    {
        CrashScenario scenario = CrashScenario.Of(name);
        int all = 0;
        await RunAsync(scenario, Unreadable(scenario, int.MaxValue, 1, () => all++), "none", []);
        List<string> problems = [];
        int runs = 0;
        int step = TriesAll ? 1 : 1 + (all / MostOperations);
        for (int at = 1; at <= all; at += step)
        {
            // A populate is followed by a read of the same bytes; a slow recovery of the disk by a second attempt.
            for (int length = 1; length <= 3; length++)
            {
                if (TriesAll || length == 1 + (at / step % 3))
                {
                    int number = 0;
                    await RunAsync(
                        scenario, Unreadable(scenario, at, length, () => number++),
                        $"read {at} of {all}, {length} of them", problems);
                    runs++;
                }
            }
        }

        output.WriteLine($"{name}: {all} reads, {runs} runs");
        Assert.True(problems.Count == 0,
            $"{problems.Count} of {runs} runs bad, the first:\n{string.Join('\n', problems.Take(4))}");
    }

    /// <summary>So many reads fail, and those after them do not. A repair takes a sector that fails for lost, and is
    /// right to; it ends at anything else.</summary>
    private static FaultPlan Unreadable(CrashScenario scenario, int at, int length, Func<int> next) => new()
    {
        Errno = scenario.Name.Contains("repair", StringComparison.Ordinal) ? Emfile : Eio,
        IsLasting = true,
        Matches = (operation, _) => operation is StoreOperation.Open or StoreOperation.Read or StoreOperation.List
            or StoreOperation.Map or StoreOperation.Populate && next() + 1 is var number && number >= at
            && number < at + (long)length,
    };

    /// <summary>A store to a mapped page cannot fail, and a closed file's attributes are nobody's business.</summary>
    internal static bool CanFail(StoreOperation operation, string name) => operation != StoreOperation.StoreWord;

    internal static async Task<int> RunAsync(
        CrashScenario scenario, FaultPlan plan, string label, List<string> problems)
    {
        StoreOperation failed = default;
        string failedName = "";
        int count = 0;
        FaultPlan named = new()
        {
            Errno = plan.Errno,
            At = plan.At,
            IsLasting = plan.IsLasting,
            IsShortWrite = plan.IsShortWrite,
            Matches = (operation, name) => Note(operation, name),
        };
        bool Note(StoreOperation operation, string name)
        {
            if (!plan.Matches(operation, name))
            {
                return false;
            }

            if (Interlocked.Increment(ref count) == plan.At)
            {
                (failed, failedName) = (operation, name);
            }

            return true;
        }

        List<FaultingDirectory> doubles = [];
        using ScenarioRunner runner = new(scenario, disk =>
        {
            FaultingDirectory directory = new(disk) { Plan = named };
            doubles.Add(directory);
            return directory;
        })
        {
            AllowsFailures = true,
        };
        await runner.RunAsync();
        doubles.ForEach(static d => d.Plan = null);
        string where = $"{label} ({failed} {failedName})";
        problems.AddRange(runner.Untyped.Select(e => $"{where}: {e}"));
        // The process is gone with what it knew; the disk is well again. First as it is, then as a power cut leaves it.
        foreach ((MemoryDirectory disk, bool cut) in new[] { (runner.Disk.KillImage(), false),
            (runner.Disk.Crash(MaskChooser.LoseAll), true) })
        {
            if (CrashOracle.FindProblem(disk, scenario.JudgeOptions, runner.Model.Expect(cut)) is { } problem)
            {
                problems.Add($"{where}, {(cut ? "power cut" : "killed")}: {problem}");
            }

            disk.Discard();
        }

        return count;
    }

    [Theory]
    [InlineData(Durability.OnCommit)]
    [InlineData(Durability.OnFlush)]
    [InlineData(Durability.None)]
    public async Task A_failed_sync_poisons_the_store_for_writing_only(Durability durability)
    {
        MemoryDirectory disk = new();
        FaultingDirectory directory = new(disk);
        PackStoreOptions options = new()
        {
            SegmentSizeBytes = 16 << 10,
            Durability = durability,
            FlushInterval = Timeout.InfiniteTimeSpan
        };
        ArtifactStore store = ArtifactStore.OpenOver(directory, options);
        await store.PutManyAsync([SampleArtifact.Put(1, 1, 100)]);
        await store.FlushAsync();
        directory.Plan = new FaultPlan
        {
            Errno = Eio,
            Matches = static (operation, name) =>
                operation == StoreOperation.Sync && name.StartsWith("segments/", StringComparison.Ordinal),
        };

        await Assert.ThrowsAsync<StorePoisonedException>(async () =>
        {
            await store.PutManyAsync([SampleArtifact.Put(2, 2, 100)]);
            await store.FlushAsync();
        });

        await Assert.ThrowsAsync<StorePoisonedException>(async () =>
            await store.PutManyAsync([SampleArtifact.Put(3, 3, 100)]));
        await Assert.ThrowsAsync<StorePoisonedException>(async () => await store.RemoveAsync(SampleArtifact.Key(1)));
        await Assert.ThrowsAsync<StorePoisonedException>(async () => await store.FlushAsync());
        Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
        Assert.Equal(2, SampleArtifact.VersionOf(store, 2));
        store.Dispose();
        using ArtifactStore again = ArtifactStore.OpenOver(disk.Crash(MaskChooser.LoseAll), options);
        Assert.Equal(1, SampleArtifact.VersionOf(again, 1));
        await again.PutManyAsync([SampleArtifact.Put(3, 3, 100)]);
        Assert.Equal(3, SampleArtifact.VersionOf(again, 3));
    }

    [Fact]
    public async Task A_populate_that_failed_once_loses_nothing_for_good()
    {
        // An entry dropped because its bytes could not be read just then was gone with the next snapshot of the index.
        MemoryDirectory disk = new();
        FaultingDirectory directory = new(disk);
        ArtifactStore store = ArtifactStore.OpenOver(directory, new PackStoreOptions());
        await store.PutManyAsync([SampleArtifact.Put(1, 1, 100)]);
        store.Dispose();
        directory = new FaultingDirectory(disk);
        store = ArtifactStore.OpenOver(directory, new PackStoreOptions());
        directory.Plan = new FaultPlan
        {
            Errno = Eio,
            IsLasting = true,
            Matches = static (operation, _) =>
            operation == StoreOperation.Populate
        };
        SampleArtifact.VersionOf(store, 1);
        directory.Plan = null;
        Assert.Equal(1, SampleArtifact.VersionOf(store, 1));
        store.Dispose();
        using ArtifactStore again = ArtifactStore.OpenOver(disk, new PackStoreOptions());
        Assert.Equal(1, SampleArtifact.VersionOf(again, 1));
    }
}
