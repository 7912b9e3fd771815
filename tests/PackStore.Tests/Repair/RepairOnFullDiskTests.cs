using PackStore.Repair;
using PackStore.TestKit;
using PackStore.Tests.Crash;
using Xunit;

namespace PackStore.Tests.Repair;

/// <summary>A repair on a disk that is full, or nearly.</summary>
public sealed class RepairOnFullDiskTests
{
    private const int StepBytes = 512;
    private const int MostFreeBytes = 48 << 10;
    private static readonly RepairOptions s_options = new() { TimeProvider = StillClock.Instance };

    [Fact]
    public async Task A_repair_without_room_says_so_and_loses_nothing()
    {
        DamageSample sample = await DamageSample.CreateAsync();
        DamagePlace hit = sample.PlaceOf(1);
        byte[] bytes = [.. sample.Image.Files[hit.File]];
        bytes[hit.Offset + 3] ^= 1;
        StoreImage damaged = sample.Image.With(hit.File, bytes);
        int refused = 0;
        int repaired = 0;
        for (int free = 0; free <= MostFreeBytes; free += StepBytes)
        {
            MemoryDirectory disk = damaged.ToDisk();
            long capacity = disk.CapacityBytes;
            disk.CapacityBytes = capacity - disk.AvailableBytes() + free;
            try
            {
                RepairReport report = StoreRepairer.Run(() => disk, s_options, null, default);
                repaired += report.IsClean ? 1 : 0;
            }
            catch (IOException e)
            {
                Assert.True(e is StoreFullException || PackStore.Storage.StorageError.IsNoSpace(e), e.ToString());
                refused++;
            }

            disk.CapacityBytes = capacity;
            Assert.True(StoreRepairer.Run(() => disk, s_options, null, default).IsClean);
            using ArtifactStore store = ArtifactStore.OpenOver(disk, DamageSample.Options);
            Assert.All(
                DamageSample.Keys.Where(static k => k != 1),
                k => Assert.Equal(DamageSample.Newest(k), DamageSample.VersionOf(store, k)));
            disk.Discard();
        }

        Assert.True(refused > 0);
        Assert.True(repaired > 0);
    }
}
