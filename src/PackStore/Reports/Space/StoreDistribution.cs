namespace PackStore;

/// <summary>How the artifacts of a store are distributed over sizes and ages.</summary>
public sealed class StoreDistribution
{
    /// <summary>By the hour of last use, as <see cref="StoreStats.Ages"/>, with bytes.</summary>
    public IReadOnlyList<AgeBucket> Ages { get; internal init; } = [];

    /// <summary>By live bytes, in steps of four times.</summary>
    public IReadOnlyList<SizeBucket> Sizes { get; internal init; } = [];

    /// <summary>What caps of a tenth of the live bytes, two tenths, and so on would have kept.</summary>
    public IReadOnlyList<CapHint> Caps { get; internal init; } = [];
}
