using PackStore.Repair;
using PackStore.TestChild;
using PackStore.TestKit;
using Xunit;

namespace PackStore.Tests.Engine;

/// <summary>
/// What was flushed last cannot be read just then: at an open, by a follower, when its key is put or removed. Whoever
/// went on without it served the version before, and saved an index that never looked at it again.
/// </summary>
public sealed class UnreadableTailTests
{
    private const string OldSegment = "segments/00000001.seg";
    private const string NewSegment = "segments/00000002.seg";
    private const int Eio = 5;
    private const int Absent = 0;

    private readonly ManualClock _clock = new();

    private PackStoreOptions Options => new()
    {
        SegmentSizeBytes = 16 << 10,
        Durability = Durability.OnFlush,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = _clock,
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_open_that_cannot_read_the_tail_is_refused_and_the_next_one_serves_it(bool isReader)
    {
        using MemoryDirectory disk = await MakeAsync();
        FaultPlan once = new()
        {
            Matches = static (operation, name) => operation == StoreOperation.Populate && name == NewSegment,
            Errno = Eio,
        };
        FaultingDirectory faulting = new(disk) { Plan = once };

        PackStoreException thrown = Assert.ThrowsAny<PackStoreException>(() => isReader
            ? ArtifactStore.AttachOver(faulting, Options)
            : ArtifactStore.OpenOver(faulting, Options));
        Assert.Equal(NewSegment, thrown.File);
        Assert.True(once.HasStruck);

        using ArtifactStore store = ArtifactStore.OpenOver(new FaultingDirectory(disk), Options);
        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
    }

    [Fact]
    public async Task A_put_or_removal_waits_until_the_older_version_can_be_read()
    {
        using MemoryDirectory disk = await MakeAsync();
        ArtifactStore.OpenOver(new FaultingDirectory(disk), Options).Dispose();
        FaultingDirectory faulting = new(disk);
        ArtifactStore store = ArtifactStore.OpenOver(faulting, Options);
        store.Engine.Core.Residency.Advance();
        faulting.Plan = Refusal(NewSegment, isLasting: true);

        await Assert.ThrowsAnyAsync<IOException>(async () => await PutAsync(store, 1, 3));
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.RemoveAsync(SampleArtifact.Key(1)));
        Assert.Equal(Absent, SampleArtifact.VersionOf(store, 1));
        faulting.Plan = null;
        Assert.Equal(2, SampleArtifact.VersionOf(store, 1));
        await PutAsync(store, 1, 3);
        Assert.True(await store.RemoveAsync(SampleArtifact.Key(1)));
        store.Dispose();
        using ArtifactStore again = ArtifactStore.OpenOver(disk, Options);
        Assert.Equal(Absent, SampleArtifact.VersionOf(again, 1));
    }

    [Fact]
    public async Task A_follower_that_cannot_read_what_was_published_misses_until_it_can()
    {
        using MemoryDirectory disk = new();
        using ArtifactStore writer = ArtifactStore.OpenOver(new FaultingDirectory(disk), Options);
        await PutAsync(writer, 1, 1);
        FaultingDirectory faulting = new(disk);
        using ArtifactStore reader = ArtifactStore.AttachOver(faulting, Options);
        Assert.Equal(1, SampleArtifact.VersionOf(reader, 1));

        reader.Engine.Core.Residency.Advance();
        faulting.Plan = Refusal(OldSegment, isLasting: true);
        await PutAsync(writer, 1, 2);
        Assert.Equal(Absent, SampleArtifact.VersionOf(reader, 1));
        Assert.False(reader.Contains(SampleArtifact.Key(1)));
        faulting.Plan = null;
        Assert.NotEqual(1, SampleArtifact.VersionOf(reader, 1));
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(2, SampleArtifact.VersionOf(reader, 1));

        reader.Engine.Core.Residency.Advance();
        faulting.Plan = Refusal(OldSegment, isLasting: false);
        await PutAsync(writer, 1, 3);
        Assert.Equal(3, SampleArtifact.VersionOf(reader, 1));
    }

    [Fact]
    public async Task Nothing_is_saved_of_an_index_that_lacks_what_could_not_be_read()
    {
        using MemoryDirectory disk = await MakeAsync();
        ArtifactStore store = ArtifactStore.OpenOver(new FaultingDirectory(disk), Options);
        Assert.True(store.Engine.Checkpoints!.TryWriteSnapshot(CancellationToken.None));
        store.Engine.Core.NoteUnreadable();
        Assert.False(store.Engine.Checkpoints.TryWriteSnapshot(CancellationToken.None));
        await Assert.ThrowsAsync<PackStoreException>(async () => await store.CompactAsync(new CompactionOptions()));
        store.Dispose();
        using ArtifactStore again = ArtifactStore.OpenOver(disk, Options);
        Assert.False(again.Engine.Writer!.WasClean);
        Assert.Equal(2, SampleArtifact.VersionOf(again, 1));
    }

    [Fact]
    public async Task A_tail_that_is_lost_for_good_takes_a_repair_and_costs_no_more_than_it_held()
    {
        using MemoryDirectory disk = await MakeAsync();
        FaultingDirectory Broken() => new(disk) { Plan = Refusal(NewSegment, isLasting: true) };
        Assert.ThrowsAny<PackStoreException>(() => ArtifactStore.OpenOver(Broken(), Options));

        RepairOptions options = new() { TimeProvider = _clock };
        RepairReport report = StoreRepairer.Run(Broken, options, null, CancellationToken.None);

        Assert.True(report.IsClean);
        using ArtifactStore store = ArtifactStore.OpenOver(Broken(), Options);
        for (int key = 2; key <= 4; key++)
        {
            Assert.Equal(1, SampleArtifact.VersionOf(store, key));
        }
    }

    private static FaultPlan Refusal(string segment, bool isLasting) => new()
    {
        Matches = (operation, name) =>
            operation is StoreOperation.Populate or StoreOperation.Read && name == segment,
        Errno = Eio,
        IsLasting = isLasting,
    };

    private static async Task PutAsync(ArtifactStore store, int key, int version) => await store.PutAsync(
        SampleArtifact.Key(key), SampleArtifact.Outcome(version, 1), [.. SampleArtifact.Payloads(key, version, 3500)]);

    /// <summary>Keys in a sealed segment, one put again into the next, flushed. Then the process died.</summary>
    private async Task<MemoryDirectory> MakeAsync()
    {
        MemoryDirectory disk = new();
        ArtifactStore store = ArtifactStore.OpenOver(disk, Options);
        for (int key = 1; key <= 6; key++)
        {
            await PutAsync(store, key, 1);
        }

        await PutAsync(store, 1, 2);
        await store.FlushAsync();
        MemoryDirectory left = disk.KillImage();
        store.Dispose();
        return left;
    }
}
