using PackStore.Tests.Crash;
using PackStore.Tests.Interleavings.Scheduling;

namespace PackStore.Tests.Interleavings;

/// <summary>Some threads over one store. Each gets the run and its own number.</summary>
internal sealed class InterleavingScenario
{
    private InterleavingBase? _base;

    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>What the threads do.</summary>
    public required Action<InterleavingRun, int>[] Threads { get; init; }

    /// <summary>Artifacts that are there before, and are looked at: keys and the lengths of their payloads.</summary>
    public int[] Keys { get; init; } = [1, 2];

    /// <summary>Lengths of the payloads of what is there before.</summary>
    public int[] Lengths { get; init; } = [100];

    /// <summary>Artifacts that are there before and only take up room in the index.</summary>
    public int[] Filling { get; init; } = [];

    /// <summary>What is done before the threads start.</summary>
    public Action<InterleavingRun> Before { get; init; } = static _ => { };

    /// <summary>Readers of the store in other processes.</summary>
    public int FollowerCount { get; init; }

    /// <summary>Bits of each hash in use.</summary>
    public ulong HashMask { get; init; } = ulong.MaxValue;

    /// <summary>When a put is durable.</summary>
    public Durability Durability { get; init; } = Durability.None;

    /// <summary>Small, so that a few puts begin another.</summary>
    public long SegmentBytes { get; init; } = 64 << 10;

    /// <summary>From which length on payloads of what is there before are loose files.</summary>
    public long LooseBytesBefore { get; init; } = 4096;

    /// <summary>The options to open with; nothing happens by the clock.</summary>
    public PackStoreOptions Options => field ??= Make(4096);

    /// <summary>What each run starts from.</summary>
    public InterleavingBase Base => _base ??= new InterleavingBase(
        Make(LooseBytesBefore), HashMask, Filling, Keys, Lengths);

    private PackStoreOptions Make(long looseBytes) => new()
    {
        SegmentSizeBytes = SegmentBytes,
        LooseThresholdBytes = looseBytes,
        Durability = Durability,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    /// <summary>Runs it once.</summary>
    public string? Run(ScheduleStrategy strategy, out int steps)
    {
        using InterleavingRun run = new(this);
        Before(run);
        CooperativeScheduler scheduler = new(strategy);
        scheduler.Run([.. Threads.Select((body, i) => (Action)(() => body(run, i)))]);
        steps = scheduler.Steps;
        return scheduler.Problems.FirstOrDefault() ?? run.FindProblem();
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
