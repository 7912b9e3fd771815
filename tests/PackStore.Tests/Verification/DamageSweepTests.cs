using Xunit;

namespace PackStore.Tests.Verification;

/// <summary>Every 97th byte of every file of a store, one at a time.</summary>
public sealed class DamageSweepTests
{
    private const int Step = 97;

    // Slack that no reader looks at would only take time.
    private const int MostOfAFile = 20_000;

    [Fact]
    public async Task A_hit_that_is_lost_is_always_explained()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        HashSet<ArtifactKey> hits = sample.Hits();
        List<string> unexplained = [];
        foreach (string path in Directory.GetFiles(sample.Path, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path);
            string name = Path.GetRelativePath(sample.Path, path);
            for (int at = 0; at < Math.Min(bytes.Length, MostOfAFile); at += Step)
            {
                bytes[at] ^= 0x55;
                await File.WriteAllBytesAsync(path, bytes);
                if (await FindUnexplainedAsync(sample, hits) is { } problem)
                {
                    unexplained.Add($"{name}@{at}: {problem}");
                }

                bytes[at] ^= 0x55;
                await File.WriteAllBytesAsync(path, bytes);
            }
        }

        Assert.True(unexplained.Count == 0, string.Join('\n', unexplained));
        Assert.True((await sample.VerifyAsync()).IsClean);
    }

    private static async Task<string?> FindUnexplainedAsync(SampleStore sample, HashSet<ArtifactKey> hits)
    {
        VerifyReport report;
        try
        {
            report = await sample.VerifyAsync();
        }
        catch (PackStoreException)
        {
            return null;
        }

        int missing;
        try
        {
            HashSet<ArtifactKey> now = sample.Hits();
            missing = hits.Count(key => !now.Contains(key));
        }
        catch (PackStoreException)
        {
            return report.IsClean ? "the store does not open" : null;
        }

        return report.IsClean && missing > 0
            ? $"{missing} misses; notes: {string.Join(", ", report.Notes)}"
            : report.LostArtifacts != missing ? $"{missing} misses, {report.LostArtifacts} reported as lost: "
                + string.Join(", ", report.Damage) : null;
    }
}
