using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>
/// What is merged at an open meets slots whose records cannot be read just then. An older record of the key in such a
/// slot used to get a second slot beside it: once it could be read again it was served in the newer one's place, and a
/// removal took out one of the two.
/// </summary>
public sealed class UnreadableIndexTests
{
    private const string OldSegment = "segments/00000001.seg";
    private const int OutOfDescriptors = 24;

    private static readonly PackStoreOptions s_options = new()
    {
        SegmentSizeBytes = 16 << 10,
        Durability = Durability.None,
    };

    [Fact]
    public async Task A_newer_record_wins_though_the_older_could_not_be_read_when_both_were_merged()
    {
        using MemoryDirectory disk = await MakeAsync();
        using FaultingDirectory faulting = new(disk) { Plan = Refusal(isLasting: true) };
        using ArtifactStore store = ArtifactStore.OpenOver(faulting, s_options);
        faulting.Plan = null;

        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        Assert.Equal(0, SampleArtifact.VersionOf(store, 2));
        await Assert.ThrowsAsync<IOException>(async () => await PutAsync(store, 1, 3));
        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        Assert.Equal(1, SampleArtifact.VersionOf(store, 3));
    }

    [Fact]
    public async Task The_next_open_settles_what_was_left_out()
    {
        using MemoryDirectory disk = await MakeAsync();
        FaultingDirectory faulting = new(disk) { Plan = Refusal(isLasting: true) };
        ArtifactStore.OpenOver(faulting, s_options).Dispose();

        using ArtifactStore again = ArtifactStore.OpenOver(disk.KillImage(), s_options);
        await AssertSettledAsync(again);
    }

    [Fact]
    public async Task A_refusal_that_passes_while_all_is_merged_leaves_nothing_behind()
    {
        using MemoryDirectory disk = await MakeAsync();
        FaultPlan once = Refusal(isLasting: false);
        using ArtifactStore store = ArtifactStore.OpenOver(new FaultingDirectory(disk) { Plan = once }, s_options);
        Assert.True(once.HasStruck);
        await AssertSettledAsync(store);
    }

    private static async Task AssertSettledAsync(ArtifactStore store)
    {
        Assert.Null(store.Engine.Core.State.Recovery);
        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        Assert.Equal(0, SampleArtifact.VersionOf(store, 2));
        Assert.True(await store.RemoveAsync(SampleArtifact.Key(1)));
        Assert.Equal(0, SampleArtifact.VersionOf(store, 1));
        await PutAsync(store, 1, 4);
        Assert.Equal(4, SampleArtifact.VersionOf(store, 1));
    }

    private static FaultPlan Refusal(bool isLasting) => new()
    {
        Matches = static (operation, name) => operation == StoreOperation.Open && name == OldSegment,
        Errno = OutOfDescriptors,
        IsLasting = isLasting,
    };

    private static async Task PutAsync(ArtifactStore store, int key, int version) => await store.PutAsync(
        SampleArtifact.Key(key), SampleArtifact.Outcome(version, 1), [.. SampleArtifact.Payloads(key, version, 3500)]);

    /// <summary>Three keys in a sealed segment that a snapshot covers; behind it one was put again and one
    /// removed. Then the process died.</summary>
    private static async Task<MemoryDirectory> MakeAsync()
    {
        MemoryDirectory disk = new();
        ArtifactStore store = ArtifactStore.OpenOver(disk, s_options);
        for (int key = 1; key <= 6; key++)
        {
            await PutAsync(store, key, 1);
        }

        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
        await PutAsync(store, 1, 2);
        Assert.True(await store.RemoveAsync(SampleArtifact.Key(2)));
        MemoryDirectory left = disk.KillImage();
        store.Dispose();
        return left;
    }
}
