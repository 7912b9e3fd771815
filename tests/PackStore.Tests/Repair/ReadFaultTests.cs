using System.Globalization;
using PackStore.TestKit;
using PackStore.Verification;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Repair;

/// <summary>
/// Every operation of a verification and of a read-only open fails, once or from then on: what surfaces is typed, what
/// is read is exact or a miss, nothing is changed, and once the disk is well again all is as it was.
/// </summary>
public sealed class ReadFaultTests(ITestOutputHelper output)
{
    // EINTR, EIO, EACCES, EMFILE.
    private static readonly int[] s_errors = [4, 5, 13, 24];

    [Fact]
    public Task A_verification_on_a_failing_disk_changes_nothing_and_is_clean_afterwards() => SweepAsync(
        static disk => StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default)));

    [Fact]
    public Task A_reader_on_a_failing_disk_serves_exact_bytes_or_misses() => SweepAsync(static disk =>
    {
        using ArtifactStore store = ArtifactStore.AttachOver(disk, DamageSample.Options);
        foreach (int key in DamageSample.Keys)
        {
            int version = DamageSample.VersionOf(store, key);
            Assert.True(version == 0 || version == DamageSample.Newest(key) || key == DamageSample.Overwritten);
        }
    });

    private async Task SweepAsync(Action<FaultingDirectory> read)
    {
        DamageSample sample = await DamageSample.CreateAsync();
        MemoryDirectory disk = sample.Image.ToDisk();
        UInt128 before = disk.Fingerprint();
        int count = 0;
        int failed = 0;
        bool hasStruck = true;
        for (int at = 1; hasStruck; at++)
        {
            hasStruck = false;
            foreach (int errno in s_errors)
            {
                foreach (bool isLasting in (bool[])[false, true])
                {
                    FaultPlan plan = new() { At = at, Errno = errno, IsLasting = isLasting };
                    FaultingDirectory directory = new(disk) { Plan = plan };
                    try
                    {
                        read(directory);
                    }
                    catch (IOException)
                    {
                        failed++;
                    }

                    count++;
                    hasStruck |= plan.HasStruck;
                    Assert.Equal(before, disk.Fingerprint());
                }
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} runs, {failed} ended in an exception"));
        Assert.True(StoreVerifier.Run(new VerifyRun(disk, new VerifyOptions(), null, default)).IsClean);
        using ArtifactStore store = ArtifactStore.OpenOver(disk, DamageSample.Options);
        Assert.All(DamageSample.Keys, k => Assert.Equal(DamageSample.Newest(k), DamageSample.VersionOf(store, k)));
    }
}
