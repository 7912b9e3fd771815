using PackStore.TestKit;
using PackStore.Tests.Engine;
using Xunit;

namespace PackStore.Tests.Space;

/// <summary>The rounds that a daemon lets run beside its store.</summary>
public sealed class MaintenanceTests : IDisposable
{
    private const long Cap = 1 << 20;
    private readonly ScratchStore _scratch = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_round_evicts_from_the_high_watermark_down_to_the_low_one()
    {
        using ArtifactStore store = _scratch.Open(Options());
        await using MaintenanceLoop loop = new(store);
        await FillAsync(store, (long)(Cap * 0.94));
        MaintenanceReport quiet = await loop.RunOnceAsync();
        Assert.Null(quiet.Eviction);
        Assert.True(quiet.HasFlushed);

        await FillAsync(store, (long)(Cap * 0.96));
        MaintenanceReport report = await loop.RunOnceAsync();
        Assert.NotNull(report.Eviction);
        Assert.InRange(store.GetStats().LiveBytes, Cap * 0.89, Cap * 0.9);
        Assert.Empty(report.Failures);
        Assert.Same(report, loop.Last);
        Assert.False((await loop.RunOnceAsync()).HasFlushed);
    }

    [Fact]
    public async Task A_round_takes_out_what_is_too_old()
    {
        using ArtifactStore store = _scratch.Open(Options());
        await using MaintenanceLoop loop = new(store);
        await Sample.OfLength(100).PutAsync(store, Sample.Key(1));
        _clock.Advance(TimeSpan.FromDays(8));
        await Sample.OfLength(100).PutAsync(store, Sample.Key(2));
        Assert.Equal(1, (await loop.RunOnceAsync()).Eviction!.AgedArtifacts);
        Assert.False(store.Contains(Sample.Key(1)));
        Assert.True(store.Contains(Sample.Key(2)));
    }

    [Fact]
    public async Task Verification_comes_round_at_its_interval()
    {
        using ArtifactStore store = _scratch.Open(Options());
        await using MaintenanceLoop loop = new(store, new MaintenanceOptions { VerifySample = 1 });
        await Sample.OfLength(100).PutAsync(store, Sample.Key(1));
        Assert.Null((await loop.RunOnceAsync()).Verification);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await loop.RunOnceAsync()).Verification!.IsClean);
        Assert.Null((await loop.RunOnceAsync()).Verification);
    }

    [Fact]
    public async Task A_verification_goes_on_by_one_segment_a_round_where_no_more_is_allowed_and_begins_again()
    {
        using ArtifactStore store = _scratch.Open(SmallSegments());
        await using MaintenanceLoop loop = new(
            store, new MaintenanceOptions { VerifySample = 1, VerifyMaxBytes = 0, VerifyMaxTime = null });
        await FillAsync(store, Cap / 4);
        long records = (await store.VerifyAsync()).Records;
        int segments = store.GetStats().Segments;
        Assert.InRange(segments, 4, 8);
        Assert.Null((await loop.RunOnceAsync()).Verification);

        for (int turn = 0; turn < 2; turn++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            long read = 0;
            for (int part = 1; part <= segments; part++)
            {
                // No interval passes in between: what was begun goes on.
                VerifyReport report = (await loop.RunOnceAsync()).Verification!;
                Assert.True(report.IsClean);
                Assert.Equal(1, report.Segments);
                Assert.Equal(part < segments, report.NextSegment is not null);
                read += report.Records;
            }

            Assert.Equal(records, read);
            Assert.Null((await loop.RunOnceAsync()).Verification);
        }
    }

    [Fact]
    public async Task A_part_of_a_verification_ends_when_its_time_is_over()
    {
        using ArtifactStore store = _scratch.Open(SmallSegments());
        await using MaintenanceLoop loop = new(
            store, new MaintenanceOptions { VerifySample = 1, VerifyMaxTime = TimeSpan.FromSeconds(3) });
        await FillAsync(store, Cap / 4);
        int segments = store.GetStats().Segments;
        _clock.Advance(TimeSpan.FromHours(1));

        // Each look at the clock is a second later: at the start of the part, and before each segment but the first.
        _clock.PassingPerLook = TimeSpan.FromSeconds(1);
        VerifyReport report = (await loop.RunOnceAsync()).Verification!;
        Assert.InRange(report.Segments, 1, 3);
        Assert.True(report.Segments < segments);
        Assert.NotNull(report.NextSegment);

        _clock.PassingPerLook = TimeSpan.Zero;
        VerifyReport rest = (await loop.RunOnceAsync()).Verification!;
        Assert.Equal(segments, report.Segments + rest.Segments);
        Assert.Null(rest.NextSegment);
    }

    [Fact]
    public async Task Started_it_runs_by_the_clock_and_disposed_it_stops()
    {
        using ArtifactStore store = _scratch.Open(Options());
        TaskCompletionSource<MaintenanceReport> first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int rounds = 0;
        MaintenanceLoop loop = new(store, new MaintenanceOptions
        {
            OnRound = report =>
            {
                Interlocked.Increment(ref rounds);
                first.TrySetResult(report);
            },
        });
        await Sample.OfLength(100).PutAsync(store, Sample.Key(1));
        loop.Start();
        loop.Start();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await first.Task).HasFlushed);
        await loop.DisposeAsync();
        int before = rounds;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(before, rounds);
        Assert.Throws<ObjectDisposedException>(loop.Start);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.RunOnceAsync());
        Assert.True(store.Contains(Sample.Key(1)));
    }

    [Fact]
    public async Task A_step_that_fails_is_reported_and_the_others_are_done()
    {
        MemoryDirectory disk = new();
        ArtifactStore.OpenOver(disk, Options()).Dispose();
        using ArtifactStore first = ArtifactStore.OpenOver(disk, Options());
        await Sample.OfLength(100).PutAsync(first, Sample.Key(1));
        first.Dispose();
        FaultingDirectory failing = new(disk);
        using ArtifactStore store = ArtifactStore.OpenOver(failing, Options());
        await using MaintenanceLoop loop = new(store, new MaintenanceOptions
        {
            VerifyInterval = Timeout.InfiniteTimeSpan,
        });
        _clock.Advance(TimeSpan.FromDays(8));
        // An eviction first replaces the checkpoint that says "clean".
        failing.Plan = new FaultPlan { Errno = 5, Matches = static (_, name) => name == "CHECKPOINT.new" };
        MaintenanceReport report = await loop.RunOnceAsync();
        failing.Plan = null;
        Assert.Equal("evict", Assert.Single(report.Failures).Key);
        Assert.Equal(1, (await loop.RunOnceAsync()).Eviction!.Artifacts);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        using ArtifactStore store = _scratch.Open(Options());
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MaintenanceLoop(store, new MaintenanceOptions { Interval = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MaintenanceLoop(store, new MaintenanceOptions { VerifySample = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MaintenanceLoop(store, new MaintenanceOptions { VerifyInterval = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MaintenanceLoop(store, new MaintenanceOptions { VerifyMaxBytes = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MaintenanceLoop(store, new MaintenanceOptions { VerifyMaxTime = TimeSpan.FromTicks(-1) }));
        using ScratchStore other = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Open(new PackStoreOptions { MaxBytes = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Open(new PackStoreOptions { LowWatermark = 0.96 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => other.Open(new PackStoreOptions { MaxAge = TimeSpan.FromTicks(-1) }));
    }

    private async Task FillAsync(ArtifactStore store, long liveBytes)
    {
        for (int i = 0; store.Engine.Core.Accounting.LiveBytes < liveBytes - 1500; i++)
        {
            int number = (int)store.Engine.Core.Accounting.Counters.Artifacts;
            await Sample.OfLength(1000, number).PutAsync(store, Sample.Key(number));
        }

        _clock.Advance(TimeSpan.Zero);
    }

    private PackStoreOptions SmallSegments() => new()
    {
        TimeProvider = _clock,
        FlushInterval = Timeout.InfiniteTimeSpan,
        SegmentSizeBytes = 64 << 10,
    };

    private PackStoreOptions Options() => new()
    {
        TimeProvider = _clock,
        FlushInterval = Timeout.InfiniteTimeSpan,
        MaxBytes = Cap,
        MaxAge = TimeSpan.FromDays(7),
    };
}
