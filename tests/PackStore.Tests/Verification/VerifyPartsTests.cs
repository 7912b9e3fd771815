using Xunit;

namespace PackStore.Tests.Verification;

/// <summary>A verification in parts finds what one in a single go finds.</summary>
public sealed class VerifyPartsTests
{
    [Fact]
    public async Task Parts_read_each_record_once_and_come_to_an_end()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        VerifyReport whole = await sample.VerifyAsync();
        List<VerifyReport> parts = await PartsAsync(sample);

        Assert.True(parts.Count > 2);
        Assert.Equal(whole.Records, parts.Sum(static p => p.Records));
        Assert.Equal(whole.Segments, parts.Sum(static p => p.Segments));
        Assert.Equal(whole.LooseFiles, parts.Sum(static p => p.LooseFiles));
        Assert.All(parts, static p => Assert.True(p.IsClean));
    }

    [Fact]
    public async Task Parts_find_the_damage_that_one_go_finds()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        foreach (int artifact in (int[])[1, 6, 40])
        {
            SampleRecordPlace record = sample.Record(artifact);
            sample.Flip(record.File, record.PayloadAt(1) + 3);
        }

        VerifyReport whole = await sample.VerifyAsync();
        List<VerifyReport> parts = await PartsAsync(sample);

        Assert.Equal(3, whole.Damage.Count);
        Assert.Equal(
            whole.Damage.Select(static d => d.ToString()),
            parts.SelectMany(static p => p.Damage).Select(static d => d.ToString()));
        Assert.Equal(whole.LostArtifacts, parts.Sum(static p => p.LostArtifacts));
        Assert.Equal(whole.LostBytes, parts.Sum(static p => p.LostBytes));
    }

    [Fact]
    public async Task A_part_does_not_call_lost_what_a_segment_it_did_not_read_has_newer()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        SampleRecordPlace old = sample.Record(SampleStore.Overwritten, isNewest: false);
        sample.Flip(old.File, old.PayloadAt(0));

        VerifyReport part = (await PartsAsync(sample)).Single(static p => !p.IsClean);

        Assert.Equal(old.File, Assert.Single(part.Damage).File);
        Assert.Equal(0, part.LostArtifacts);
    }

    [Fact]
    public async Task Every_part_tells_of_a_segment_that_is_gone()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        string gone = sample.Records()[0].File;
        File.Delete(sample.File(gone));

        Assert.All(await PartsAsync(sample), p => Assert.Equal(gone, Assert.Single(p.Damage).File));
    }

    [Fact]
    public async Task A_loose_file_that_a_later_segment_made_superfluous_is_not_missed()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        int artifact = SampleStore.WithLoose;
        await using (ArtifactStore store = ArtifactStore.Open(sample.Path, SampleStore.Options))
        {
            await SampleStore.PutAsync(store, artifact, 2);
            await store.FlushAsync();
        }

        SampleRecordPlace old = sample.Record(artifact, isNewest: false);
        Assert.NotEqual(old.File, sample.Record(artifact).File);
        Assert.All(await PartsAsync(sample), static p => Assert.True(p.IsClean, string.Join(';', p.Damage)));
    }

    [Fact]
    public async Task Time_that_is_up_ends_a_part_behind_its_first_segment()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        VerifyReport part = await ArtifactStore.VerifyDirectoryAsync(
            sample.Path, new VerifyOptions { MaxTime = TimeSpan.Zero }, null, default);

        Assert.Equal(1, part.Segments);
        Assert.Equal(2, part.NextSegment);
    }

    [Fact]
    public async Task A_budget_is_not_negative()
    {
        using SampleStore sample = await SampleStore.CreateAsync();
        foreach (VerifyOptions options in (VerifyOptions[])
            [new() { FromSegment = -1 }, new() { MaxBytes = -1 }, new() { MaxTime = TimeSpan.FromSeconds(-1) }])
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => ArtifactStore.VerifyDirectoryAsync(sample.Path, options, null, default));
        }
    }

    private static async Task<List<VerifyReport>> PartsAsync(SampleStore sample)
    {
        List<VerifyReport> parts = [];
        for (int? from = 0; from is { } segment;)
        {
            VerifyReport part = await ArtifactStore.VerifyDirectoryAsync(
                sample.Path, new VerifyOptions { FromSegment = segment, MaxBytes = 1 }, null, default);
            Assert.True(part.NextSegment is null || part.NextSegment > segment);
            parts.Add(part);
            from = part.NextSegment;
        }

        return parts;
    }
}
