using System.Globalization;
using PackStore.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Processes;

/// <summary>
/// Another process puts, overwrites and removes, seals small segments and replaces loose files, closes and opens again;
/// verification beside it, whole and in parts, finds nothing. <c>PACKSTORE_VERIFY_ROUNDS</c> sets how many writers run.
/// </summary>
public class VerifyBesideWriterTests(ITestOutputHelper output)
{
    private const int DefaultRounds = 4;
    private const int Operations = 150;

    [Fact]
    public async Task What_a_live_writer_does_is_never_taken_for_damage()
    {
        using TempStore temp = new();
        string directory = temp.PathOf("store");
        int rounds = int.TryParse(
            Environment.GetEnvironmentVariable("PACKSTORE_VERIFY_ROUNDS"), CultureInfo.InvariantCulture, out int r)
            ? r
            : DefaultRounds;
        long verified = 0;
        long records = 0;
        for (int round = 0; round < rounds; round++)
        {
            using ChildProcess child = ChildProcess.Start(
                [], "write", directory, Text(round), Text(1 + (round * 1000)), Text(Operations));
            // Lines are taken as they come, so that the writer is never stopped by a full pipe.
            Task<string> said = child.Output.ReadToEndAsync();
            int from = 0;
            while (!said.IsCompleted)
            {
                if (!File.Exists(Path.Join(directory, "STORE")))
                {
                    await Task.Yield();
                    continue;
                }

                VerifyOptions options = verified % 3 == 2
                    ? new VerifyOptions { FromSegment = from, MaxBytes = 1 << 20 }
                    : new VerifyOptions { Level = verified % 3 == 0 ? VerifyLevel.Full : VerifyLevel.Headers };
                VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(directory, options, null, default);
                Assert.True(report.IsClean, $"round {round}, run {verified}: {string.Join("; ", report.Damage)}");
                from = report.NextSegment ?? 0;
                verified++;
                records += report.Records;
            }

            Assert.Equal("", child.Finish());
            Assert.Contains("closed", await said, StringComparison.Ordinal);
        }

        output.WriteLine($"{verified} verifications of {records} records beside {rounds} writers");
        Assert.True(verified > rounds);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
