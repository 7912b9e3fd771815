namespace PackStore.Tests.Crash;

/// <summary>A named run of steps over a store that is made anew.</summary>
internal sealed record CrashScenario(string Name, Durability Durability, params CrashStep[] Steps)
{
    private PackStoreOptions? _options;
    private PackStoreOptions? _judged;

    /// <summary>16 KiB, so that a few puts roll segments.</summary>
    public long SegmentBytes { get; init; } = 16 << 10;

    /// <summary>Payloads from here on are loose files.</summary>
    public long LooseBytes { get; init; } = 4096;

    /// <summary>The cap; none by default. With one, any key may be evicted by any put.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The options to open with; nothing happens by the clock.</summary>
    public PackStoreOptions Options => _options ??= Make(MaxBytes);

    /// <summary>The options to judge with: without the cap, for what is put then must not evict.</summary>
    public PackStoreOptions JudgeOptions => MaxBytes is null ? Options : _judged ??= Make(maxBytes: null);

    private PackStoreOptions Make(long? maxBytes) => new()
    {
        SegmentSizeBytes = SegmentBytes,
        MaxBytes = maxBytes,
        LooseThresholdBytes = LooseBytes,
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
