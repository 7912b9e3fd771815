using System.Globalization;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Processes;

/// <summary>
/// A process that puts, overwrites and removes is killed again and again, also while it opens and closes; the next one
/// goes on with what it
/// left. <c>PACKSTORE_KILLS</c> sets how often, <c>PACKSTORE_KILL_SEED</c> what they do; <c>./build.sh kills</c> sets
/// both.
/// </summary>
public class KillTests(ITestOutputHelper output)
{
    private const int DefaultKills = 100;
    private const int RoundsAStore = 100;
    private const int FewestOperations = 12;
    private const int MostOperations = 50;

    // 128 and SIGKILL.
    private const int KilledCode = 137;

    private static int Kills => Setting("PACKSTORE_KILLS", DefaultKills);

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9()
    {
        using TempStore temp = new();
        string directory = "";
        CrashModel model = new();
        int seed = Setting("PACKSTORE_KILL_SEED", 20);
        Random random = new(seed);
        int killed = 0;
        int acknowledged = 0;
        Dictionary<string, int> stages = [];
        for (int round = 0; killed < Kills; round++)
        {
            Assert.True(round < 2 * Kills, $"only {killed} of {round} processes were still there to be killed");
            if (round % RoundsAStore == 0)
            {
                // Each round reads the whole store: it must not grow for ever.
                directory = temp.PathOf($"store-{round}");
                model = new CrashModel();
            }

            // The last word before the kill: as it opens, at work, as it closes; and now and then not at all.
            int operations = random.Next(FewestOperations, MostOperations);
            (string word, int nth) = (round % 5) switch
            {
                0 => ("opening", 1),
                1 => ("closing", 1),
                _ => ("done", random.Next(1, operations)),
            };
            using (ChildProcess child = ChildProcess.Start(
                [], "write", directory, Text(seed + round), Text(1 + (round * 1000)), Text(operations)))
            {
                (string last, int done) = await FollowAsync(child, model, word, nth, random.Next(2000));
                Assert.Equal("", child.Finish());
                killed += child.ExitCode == KilledCode ? 1 : 0;
                acknowledged += done;
                stages[last] = stages.GetValueOrDefault(last) + 1;
            }

            await CheckAsync(directory, model, round);
        }

        string after = string.Join(", ", stages);
        output.WriteLine(
            $"{killed} kills, {acknowledged} operations acknowledged, killed after: {after}, seed {seed}");
        Assert.True(acknowledged > killed);
    }

    /// <summary>Reads what the child says until it is killed, which a word sets off; spins so that the kill falls at no
    /// fixed distance from it.</summary>
    private static async Task<(string Last, int Done)> FollowAsync(ChildProcess child, CrashModel model, string word,
        int nth, int spins)
    {
        int seen = 0;
        int done = 0;
        string last = "";
        int[] started = [];
        while (await child.Output.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            last = words[0];
            if (last == "start")
            {
                started = words[1] == "flush" ? [] : [.. words[3..].Select(static w =>
                    int.Parse(w, CultureInfo.InvariantCulture))];
                int version = words[1] == "remove" ? CrashModel.Absent
                    : int.Parse(words[2], CultureInfo.InvariantCulture);
                foreach (int key in started)
                {
                    model.Start(key, version);
                }
            }
            else if (last == "done")
            {
                model.Acknowledge(started, isDurable: false);
                done++;
            }

            if (last == word && ++seen == nth)
            {
                Thread.SpinWait(spins * (word == "opening" ? 200 : 20));
                child.Kill();
            }
        }

        return (last, done);
    }

    private static async Task CheckAsync(string directory, CrashModel model, int round)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        using (ArtifactStore store = ArtifactStore.Open(directory))
        {
            foreach ((int key, int[] allowed) in model.Expect(isPowerCut: false).Allowed)
            {
                int found = SampleArtifact.VersionOf(store, key);
                Assert.True(allowed.Contains(found),
                    $"round {round}: key {key} is {found}, right are {string.Join(',', allowed)}");
                model.Start(key, found);
            }

            model.Acknowledge(model.Expect(false).Allowed.Keys, isDurable: false);
            Assert.Equal(model.Expect(false).Allowed.Count(static a =>
                a.Value[0] != CrashModel.Absent), store.GetStats().Artifacts);
        }

        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(
            directory, new VerifyOptions { Level = VerifyLevel.Full }, null, CancellationToken.None);
        Assert.True(report.IsClean, $"round {round}: {string.Join('\n', report.Damage)}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
