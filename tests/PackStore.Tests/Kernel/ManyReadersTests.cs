using System.Globalization;
using PackStore.TestChild;
using PackStore.TestKit;
using PackStore.Tests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Kernel;

/// <summary>Sixteen processes look at everything while the writer works, and some of them are killed: the others see
/// exact bytes that never go back, and the writer is none the wiser.</summary>
public class ManyReadersTests(ITestOutputHelper output)
{
    private const int Readers = 16;
    private const int Keys = 50;
    private const int Rounds = 48;
    private const int KillEvery = 6;

    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 256 << 10,
        LooseThresholdBytes = 32 << 10,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    [Fact]
    public async Task Sixteen_readers_see_exact_bytes_while_some_of_them_are_killed()
    {
        using TempStore temp = new();
        string directory = temp.PathOf("store");
        Random random = new(16);
        int[] versions = new int[Keys];
        List<ChildProcess> readers = [];
        try
        {
            await using (ArtifactStore store = ArtifactStore.Open(directory, s_options))
            {
                readers.AddRange(Enumerable.Range(0, Readers).Select(seed => Watch(directory, seed)));
                readers.ForEach(static r => Assert.Equal("attached", r.Output.ReadLine()));
                for (int round = 1; round <= Rounds; round++)
                {
                    await WriteAsync(store, random, versions, round);
                    if (round % KillEvery == 0)
                    {
                        int victim = random.Next(readers.Count);
                        readers[victim].Kill();
                        readers[victim].Dispose();
                        readers.RemoveAt(victim);
                    }

                    // Some of those left, so that each has looked around at versions of different ages.
                    foreach (ChildProcess reader in readers.Where((_, i) => i % 4 == round % 4))
                    {
                        AssertHasLooked(reader);
                    }

                    for (int key = 0; key < Keys; key++)
                    {
                        Assert.Equal(versions[key], SampleArtifact.VersionOf(store, key));
                    }
                }

                output.WriteLine($"{readers.Count} of {Readers} readers left");
                Assert.Equal(Readers - (Rounds / KillEvery), readers.Count);
                readers.ForEach(AssertHasLooked);
            }

            foreach (ChildProcess reader in readers)
            {
                Assert.Equal("", reader.Finish());
                Assert.Equal(0, reader.ExitCode);
            }
        }
        finally
        {
            readers.ForEach(static r => r.Dispose());
        }

        VerifyReport report = await ArtifactStore.VerifyDirectoryAsync(
            directory, new VerifyOptions(), null, CancellationToken.None);
        Assert.True(report.IsClean, string.Join('\n', report.Damage));
    }

    private static ChildProcess Watch(string directory, int seed) => ChildProcess.Start(
        [], "watch", directory, Text(Keys), Text(seed));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void AssertHasLooked(ChildProcess reader)
    {
        string said = reader.Ask("and?") ?? $"nothing: {reader.Finish()}";
        Assert.Matches("^[0-9]+ [0-9]+$", said);
        Assert.NotEqual("0", said.Split(' ')[0]);
    }

    private static async Task WriteAsync(ArtifactStore store, Random random, int[] versions, int round)
    {
        for (int i = 0; i < 10; i++)
        {
            int key = random.Next(Keys);
            int version = (round * 100) + i;
            if (i == 9 && round % 3 == 0)
            {
                await store.RemoveAsync(SampleArtifact.Key(key));
                versions[key] = 0;
            }
            else
            {
                await store.PutManyAsync([SampleArtifact.Put(key, version, 500, i % 3 == 0 ? 40_000 : 4000)]);
                versions[key] = version;
            }
        }
    }
}
