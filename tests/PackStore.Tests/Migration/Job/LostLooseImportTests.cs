using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Migration.Job;

/// <summary>An artifact of which a loose file was lost, and which the legacy cache still has.</summary>
public sealed class LostLooseImportTests : IDisposable
{
    private readonly MigrationBench _bench = new() { Options = new() { LooseThresholdBytes = 4096 } };

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_import_makes_it_whole_again(bool move)
    {
        LegacyArtifact artifact = MigrationBench.Artifact("large", 100, 50_000);
        _bench.Root.Add(LegacyLayout.Flat, artifact);
        _bench.Write();
        await _bench.RunAsync();
        string loose = Assert.Single(Directory.EnumerateFiles(
            Path.Combine(_bench.PathOf("store"), "loose"), "*_1*", SearchOption.AllDirectories));
        File.Delete(loose);
        Assert.False(_bench.IsHit(artifact.Key));

        MigrationReport report = await _bench.RunAsync(move);

        Assert.Equal(1, report.Imported);
        _bench.AssertHit(artifact);
        _bench.Close();
        _bench.AssertHit(artifact);
    }
}
