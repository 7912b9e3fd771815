using System.Collections.Concurrent;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Repair;

/// <summary>
/// Every single bit, every length, every sector and every whole file of a small store, damaged one at a time.
/// <c>PACKSTORE_DAMAGE_STEP=1</c> repairs after each bit and length too, instead of after some.
/// </summary>
public sealed class ExhaustiveDamageTests(ITestOutputHelper output)
{
    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private static int RepairStep => int.TryParse(
        Environment.GetEnvironmentVariable("PACKSTORE_DAMAGE_STEP"), CultureInfo.InvariantCulture, out int step)
        ? step
        : 7;

    [Fact]
    public Task A_turned_bit_is_a_miss_that_verify_explains_or_nothing() =>
        SweepAsync(static s => DamageKinds.Bits(s, 1), repairs: false);

    [Fact]
    public Task A_file_cut_anywhere_is_misses_that_verify_explains() =>
        SweepAsync(static s => DamageKinds.Ends(s, 1), repairs: false);

    [Fact]
    public Task A_zeroed_or_misplaced_sector_is_misses_that_verify_explains() =>
        SweepAsync(DamageKinds.Sectors, repairs: false);

    [Fact]
    public Task A_lost_or_foreign_file_is_misses_that_verify_explains() =>
        SweepAsync(DamageKinds.Files, repairs: false);

    [Fact]
    public Task Repair_keeps_all_that_a_turned_bit_did_not_hit() =>
        SweepAsync(static s => DamageKinds.Bits(s, RepairStep), repairs: true);

    [Fact]
    public Task Repair_keeps_all_that_a_cut_left() =>
        SweepAsync(static s => DamageKinds.Ends(s, RepairStep), repairs: true);

    [Fact]
    public Task Repair_keeps_all_that_is_in_other_sectors() => SweepAsync(DamageKinds.Sectors, repairs: true);

    [Fact]
    public Task Repair_keeps_all_that_is_in_other_files() => SweepAsync(DamageKinds.Files, repairs: true);

    private async Task SweepAsync(
        Func<DamageSample, IEnumerable<(string What, Func<StoreImage> Make)>> damages, bool repairs)
    {
        DamageSample sample = await DamageSample.CreateAsync();
        ConcurrentQueue<string> problems = [];
        int count = 0;
        Parallel.ForEach(damages(sample), s_parallel, damage =>
        {
            StoreImage damaged = damage.Make();
            string? problem = repairs
                ? DamageOracle.FindProblemAfterRepairAsync(sample, damaged).GetAwaiter().GetResult()
                : DamageOracle.FindProblem(sample, damaged);
            if (problem is not null)
            {
                problems.Enqueue($"{damage.What}: {problem}");
            }

            Interlocked.Increment(ref count);
        });
        output.WriteLine($"{count} damaged stores, {sample.Image.Files.Sum(static f => f.Value.Length)} bytes");
        Assert.True(
            problems.IsEmpty,
            $"{problems.Count} of {count}:\n{string.Join('\n', problems.Order(StringComparer.Ordinal).Take(12))}");
    }
}
