namespace PackStore.Tests.Crash;

/// <summary>A named run of steps over a store that is made anew.</summary>
internal sealed record CrashScenario(string Name, Durability Durability, params CrashStep[] Steps)
{
    private PackStoreOptions? _options;

    /// <summary>16 KiB, so that a few puts roll segments.</summary>
    public long SegmentBytes { get; init; } = 16 << 10;

    /// <summary>The options to open with; nothing happens by the clock.</summary>
    public PackStoreOptions Options => _options ??= new()
    {
        SegmentSizeBytes = SegmentBytes,
        LooseThresholdBytes = 4096,
        Durability = Durability,
        FlushInterval = Timeout.InfiniteTimeSpan,
        TimeProvider = StillClock.Instance,
    };

    /// <summary>The scenarios of every <see cref="CrashScenarioSet"/> of the test assembly.</summary>
    public static IReadOnlyList<CrashScenario> All { get; } = [.. CrashScenarioSet.FindAll()];

    /// <summary>By name.</summary>
    public static CrashScenario Of(string name) => All.Single(s => s.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
