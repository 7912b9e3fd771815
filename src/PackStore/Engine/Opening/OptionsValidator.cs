namespace PackStore.Engine.Opening;

/// <summary>Checks options once, at open.</summary>
internal static class OptionsValidator
{
    private const long MinLooseBytes = 1 << 10;

    /// <summary>Returns the options, or the defaults.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public static PackStoreOptions Check(PackStoreOptions? options)
    {
        options ??= new PackStoreOptions();
        if (options.SegmentSizeBytes is { } size
            && (size is < PackStoreOptions.MinSegmentSizeBytes or > PackStoreOptions.MaxSegmentSizeBytes
                || size % 4096 != 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), size, "SegmentSizeBytes is a multiple of 4096 from 4 KiB to 1 GiB.");
        }

        if (options.LooseThresholdBytes is < MinLooseBytes or > PackStoreOptions.MaxSegmentSizeBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.LooseThresholdBytes, "LooseThresholdBytes is from 1 KiB to 1 GiB.");
        }

        if (options.FlushInterval <= TimeSpan.Zero && options.FlushInterval != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.FlushInterval,
                "FlushInterval is positive or infinite.");
        }

        CheckSpace(options);
        if (!Enum.IsDefined(options.Durability) || !Enum.IsDefined(options.Checksums))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                "Durability and Checksums are one of their named values.");
        }

        ArgumentNullException.ThrowIfNull(options.TimeProvider, nameof(options));
        return options;
    }

    private static void CheckSpace(PackStoreOptions options)
    {
        if (options.MaxBytes is < 0 || options.MinFreeBytes < 0 || options.MaxAge is { Ticks: < 0 })
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), "MaxBytes, MinFreeBytes and MaxAge are not negative.");
        }

        if (!(options.LowWatermark is > 0 and <= 1) || !(options.HighWatermark is > 0 and <= 1)
            || options.LowWatermark > options.HighWatermark)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), $"{options.LowWatermark}, {options.HighWatermark}",
                "LowWatermark and HighWatermark are above 0, at most 1, and in this order.");
        }
    }
}
