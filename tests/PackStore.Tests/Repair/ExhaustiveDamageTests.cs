using System.Globalization;
using PackStore.Format;
using PackStore.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PackStore.Tests.Repair;

/// <summary>
/// Every single bit, every length, every sector and every whole file of a small store that has every structure,
/// damaged one at a time: each is verified, opened and read, verified again, and where there is damage repaired,
/// verified and read.
/// </summary>
public sealed class ExhaustiveDamageTests(ITestOutputHelper output)
{
    [Fact]
    public Task A_turned_bit_costs_no_more_than_its_record_and_is_repaired() => SweepAsync(DamageKinds.Bits);

    [Fact]
    public Task A_file_cut_anywhere_costs_no_more_than_what_was_behind_and_is_repaired() =>
        SweepAsync(DamageKinds.Ends);

    [Fact]
    public Task A_zeroed_or_misplaced_sector_costs_no_more_than_its_records_and_is_repaired() =>
        SweepAsync(DamageKinds.Sectors);

    [Fact]
    public Task A_lost_or_foreign_file_costs_no_more_than_its_records_and_is_repaired() =>
        SweepAsync(DamageKinds.Files);

    [Fact]
    public async Task The_damaged_store_has_every_structure()
    {
        DamageSample sample = await DamageSample.CreateAsync();
        foreach (RecordKind kind in Enum.GetValues<RecordKind>().Where(static k => k != RecordKind.None))
        {
            Assert.Contains(kind, sample.Kinds);
        }

        foreach (string name in (string[])["STORE", "HEAD", "CHECKPOINT", "CHECKPOINT.old", ".seg", ".idx", ".use"])
        {
            Assert.Contains(sample.Image.Files.Keys, n => n.EndsWith(name, StringComparison.Ordinal));
        }

        bool[] hasTrailer =
        [
            .. sample.Image.Files.Where(static f => f.Key.EndsWith(".seg", StringComparison.Ordinal))
                .Select(static f => f.Value.AsSpan(^SegmentTrailerLayout.Size..).ContainsAnyExcept((byte)0)),
        ];
        Assert.Contains(false, hasTrailer);
        Assert.Contains(true, hasTrailer);
        Assert.Contains(sample.Places, static p => p.Loose.Count > 0);
        MemoryDirectory disk = sample.Image.ToDisk();
        using ArtifactStore store = ArtifactStore.OpenOver(disk, DamageSample.Options);
        Assert.All(DamageSample.Keys, k => Assert.Equal(DamageSample.Newest(k), DamageSample.VersionOf(store, k)));
    }

    private async Task SweepAsync(Func<DamageSample, IEnumerable<(string What, Func<StoreImage> Make)>> damages)
    {
        DamageSample sample = await DamageSample.CreateAsync();
        DamageOracle oracle = new(sample);
        DamageSweep sweep = new(oracle);
        sweep.Run(damages(sample));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{sweep.Count} damaged stores of {sample.Image.Files.Sum(static f => f.Value.Length)} bytes in "
            + $"{sample.Image.Files.Count} files, {oracle.Repaired} repaired, {sweep.Problems.Count} bad"));
        Assert.True(
            sweep.Problems.IsEmpty,
            $"{sweep.Problems.Count} of {sweep.Count}:\n"
            + string.Join('\n', sweep.Problems.Order(StringComparer.Ordinal).Take(12)));
    }
}
