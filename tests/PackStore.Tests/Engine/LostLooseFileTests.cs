using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>Records whose loose files are gone: of a batch that failed half-way.</summary>
public sealed class LostLooseFileTests
{
    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 64 << 10,
        LooseThresholdBytes = 4096,
        FlushInterval = Timeout.InfiniteTimeSpan,
    };

    [Fact]
    public async Task A_batch_that_failed_half_written_does_not_hide_what_was_there_before()
    {
        using MemoryDirectory disk = new();
        FaultingDirectory faulting = new(disk);
        using ArtifactStore store = ArtifactStore.OpenOver(faulting, s_options);
        await store.PutManyAsync([Put(1, 1)]);
        await store.FlushAsync();
        faulting.Plan = new FaultPlan
        {
            Matches = static (operation, name) =>
                operation == StoreOperation.Write && name.StartsWith("segments/", StringComparison.Ordinal),
            Errno = 5,
            IsShortWrite = true,
        };
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.PutManyAsync([Put(1, 2), Put(2, 2)]));
        Assert.True(faulting.Plan.HasStruck);
        faulting.Plan = null;

        using MemoryDirectory left = disk.KillImage();
        using ArtifactStore again = ArtifactStore.OpenOver(left, s_options);
        Assert.Equal(1, SampleArtifact.VersionOf(again, 1));
        Assert.Equal(0, SampleArtifact.VersionOf(again, 2));
    }

    private static ArtifactPut Put(int key, int version) => new()
    {
        Key = SampleArtifact.Key(key),
        Outcome = SampleArtifact.Outcome(version, 1),
        Payloads = [.. SampleArtifact.Payloads(key, version, 5000)],
    };
}
